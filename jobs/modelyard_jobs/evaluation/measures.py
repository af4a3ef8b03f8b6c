"""How each metric of the catalogue is computed: one line each."""

from modelyard_jobs.evaluation import jackknife, metrics
from modelyard_jobs.evaluation import sampling_models as models
from modelyard_jobs.evaluation.metrics import Measure

_of_positives, _of_classes = models.share_of(models.positives), models.share_of(models.rows_by_class)
_of_called, _of_f1 = models.share_of(models.called), models.share_of(models.twice_the_positives)

ROC_AUC = Measure(metrics.roc_auc, jackknife.roc_auc, models.ranking)
AVERAGE_PRECISION = Measure(metrics.average_precision, jackknife.average_precision, _of_positives)
ACCURACY = Measure(metrics.accuracy, jackknife.accuracy, models.share_of(models.rows), one_answer=models.one_of_all)
BALANCED_ACCURACY = Measure(metrics.balanced_accuracy, jackknife.balanced_accuracy, _of_classes, one_answer=models.one_of_rarest)
F1 = Measure(metrics.f1, jackknife.f1, _of_f1, one_answer=models.one_of(models.present_or_called))
F1_MACRO = Measure(metrics.f1_macro, jackknife.f1_macro, _of_classes, one_answer=models.one_of_rarest)
PRECISION = Measure(metrics.precision, jackknife.precision, _of_called, one_answer=models.one_of(models.called))
RECALL = Measure(metrics.recall, jackknife.recall, _of_positives, one_answer=models.one_of(models.positives))
LOG_LOSS = Measure(metrics.log_loss, jackknife.log_loss, losses=models.logarithmic)
BRIER = Measure(metrics.brier, jackknife.brier, losses=models.quadratic)
RMSE = Measure(metrics.rmse, jackknife.rmse)
MAE = Measure(metrics.mae, jackknife.mae)
R2 = Measure(metrics.r2, jackknife.r2)
