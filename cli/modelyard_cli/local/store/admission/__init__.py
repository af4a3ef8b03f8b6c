"""What may be stored: the same defaults, checks and words as the API server's, from the same CustomResourceDefinitions."""

from modelyard_cli.local.store.admission.admission import admit as admit
from modelyard_cli.local.store.admission.admission import admit_status as admit_status
from modelyard_cli.local.store.admission.admission import with_valid_metadata as with_valid_metadata
