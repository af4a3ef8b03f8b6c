// CoreDNS with the plugins cluster DNS needs and no others: a smaller program, built in half the time.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
)

// The order in which the plugins handle a query, as in CoreDNS' own plugin.cfg.
func init() {
	dnsserver.Directives = []string{"errors", "health", "ready", "cache", "kubernetes", "forward"}
}

func main() {
	coremain.Run()
}
