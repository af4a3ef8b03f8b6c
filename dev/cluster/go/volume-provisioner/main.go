// volume-provisioner serves the default StorageClass of a one-node cluster: every claim gets a folder below --root.
// It runs on the node itself, so that no helper pod with access to the host is needed. Sizes are not enforced.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

const provisionerName = "modelyard.dev/node-folder"

type folderProvisioner struct {
	root string
}

// Provision makes the folder of one claim. Any user may write to it: pods run as users the node doesn't know.
func (p folderProvisioner) Provision(_ context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	claim := options.PVC
	if claim.Spec.VolumeMode != nil && *claim.Spec.VolumeMode == v1.PersistentVolumeBlock {
		return nil, controller.ProvisioningFinished, fmt.Errorf("volumeMode Block is not supported: the volumes are folders")
	}
	if options.SelectedNodeName == "" {
		return nil, controller.ProvisioningFinished, fmt.Errorf("no node selected: the storage class must bind on first consumer")
	}
	folder := filepath.Join(p.root, options.PVName)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	if err := os.Chmod(folder, 0o777); err != nil { // MkdirAll's mode is cut by the umask
		return nil, controller.ProvisioningFinished, err
	}
	return p.volume(options, folder), controller.ProvisioningFinished, nil
}

// Delete removes the folder with its data, as the reclaim policy Delete says.
func (p folderProvisioner) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	if volume.Spec.Local == nil || filepath.Dir(volume.Spec.Local.Path) != p.root {
		return fmt.Errorf("volume %s is not a folder directly below %s: left alone", volume.Name, p.root)
	}
	return os.RemoveAll(volume.Spec.Local.Path)
}

func (p folderProvisioner) volume(options controller.ProvisionOptions, folder string) *v1.PersistentVolume {
	node := v1.NodeSelectorRequirement{
		Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{options.SelectedNodeName},
	}
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: v1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   options.PVC.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: options.PVC.Spec.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeSource:        v1.PersistentVolumeSource{Local: &v1.LocalVolumeSource{Path: folder}},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{
				{MatchExpressions: []v1.NodeSelectorRequirement{node}},
			}}},
		},
	}
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig file")
	root := flag.String("root", "", "absolute path of the folder that holds the volumes")
	flag.Parse()
	if !filepath.IsAbs(*root) {
		klog.Fatalf("--root must be an absolute path, not %q", *root)
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		klog.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	provisioner := folderProvisioner{root: filepath.Clean(*root)}
	controller.NewProvisionController(ctx, kubernetes.NewForConfigOrDie(config), provisionerName, provisioner,
		controller.LeaderElection(false)).Run(ctx)
}
