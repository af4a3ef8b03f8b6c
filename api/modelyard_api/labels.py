"""Labels, annotations and tags that tie objects, pods, runs and versions together, and where things are mounted."""

from modelyard_api.base import GROUP

FIELD_MANAGER = "modelyard-operator"

# on every child object and pod
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "modelyard"
COMPONENT_LABEL = "app.kubernetes.io/component"  # training | comparison | serving | monitoring
TRAINING_JOB_LABEL = f"{GROUP}/training-job"
MODEL_DEPLOYMENT_LABEL = f"{GROUP}/model-deployment"
VERSION_LABEL = f"{GROUP}/model-version"
ATTEMPT_LABEL = f"{GROUP}/attempt"
MODEL_LABEL = f"{GROUP}/model"  # without the namespace; on the Jobs of a TrainingJob

# on the stable Service: since when it selects its version
SERVING_SINCE_ANNOTATION = f"{GROUP}/serving-since"

# set by a person on a TrainingJob: the id of the model (m-…) that may be promoted
APPROVE_ANNOTATION = f"{GROUP}/approve"
# the name of whoever set it; `modelyard approve` writes both, and the API server holds it to the one who asks
APPROVED_BY_ANNOTATION = f"{GROUP}/approved-by"

# set by a person on a ModelDeployment: a version without evidence that may be served all the same, "<version>@<sha256 of its files>"
ACCEPT_ANNOTATION = f"{GROUP}/accept"
ACCEPTED_BY_ANNOTATION = f"{GROUP}/accepted-by"

# on a Deployment of one version: the sha256 of the files that its pods serve
DIGEST_ANNOTATION = f"{GROUP}/model-digest"

# MLflow tags, on runs and on model versions
TAG_UID = f"{GROUP}.uid"  # the TrainingJob's UID
TAG_ATTEMPT = f"{GROUP}.attempt"
TAG_NAMESPACE = f"{GROUP}.namespace"
TAG_TRAINING_JOB = f"{GROUP}.training_job"
TAG_TEST_SPLIT = f"{GROUP}.test_split"  # which rows the test split holds, as a digest
TAG_TEST_USES = f"{GROUP}.test_uses"  # how many finished runs looked at the same ones before
TAG_PROMOTED_AT = f"{GROUP}.promoted_at"
TAG_PROMOTED_FROM = f"{GROUP}.promoted_from"
TAG_PROMOTED_BY = f"{GROUP}.promoted_by"
TAG_PROMOTED_WHY = f"{GROUP}.promoted_why"
TAG_ROLLED_BACK_AT = f"{GROUP}.rolled_back_at"
TAG_ROLLED_BACK_BY = f"{GROUP}.rolled_back_by"
TAG_ROLLED_BACK_FROM = f"{GROUP}.rolled_back_from"
TAG_DIGEST = f"{GROUP}.digest"  # sha256 of the model's files
TAG_ACCEPTED = f"{GROUP}.accepted"  # on what grounds it may be served
TAG_EVIDENCE = f"{GROUP}.evidence"  # the operator's signature over all of that; nothing is served without
TAG_ANCHOR = f"{GROUP}.anchor"  # the version that later ones may not be worse than, from this version's promotion on

# The ConfigMap and the Secret of a namespace, both with this name, and the files that pods see of them.
PLATFORM_NAME = "modelyard"
PLATFORM_CONFIG_DIRECTORY = "/etc/modelyard/config"
PLATFORM_SECRET_DIRECTORY = "/etc/modelyard/secret"
SOURCE_CREDENTIALS_DIRECTORY = "/etc/modelyard/source"
ALERT_SECRETS_DIRECTORY = "/etc/modelyard/alerts"  # one folder per Secret, numbered from 0
SCRATCH_DIRECTORY = "/tmp"

CONFIG_MLFLOW_URI = "MLFLOW_TRACKING_URI"
CONFIG_S3_ENDPOINT = "S3_ENDPOINT_URL"
CONFIG_S3_BUCKET = "S3_BUCKET"
CONFIG_S3_REGION = "S3_REGION"
SECRET_MLFLOW_USERNAME = "MLFLOW_TRACKING_USERNAME"
SECRET_MLFLOW_PASSWORD = "MLFLOW_TRACKING_PASSWORD"
SECRET_S3_ACCESS_KEY = "S3_ACCESS_KEY_ID"
SECRET_S3_SECRET_KEY = "S3_SECRET_ACCESS_KEY"


def registered_model(namespace: str, model: str) -> str:
    """The name in the registry. The namespace is in it, so nobody promotes over another team."""
    return f"{namespace}.{model}"


def experiment(namespace: str, model: str) -> str:
    """The MLflow experiment of a model's runs."""
    return f"{namespace}/{model}"
