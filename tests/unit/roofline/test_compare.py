"""The same deployment on every GPU."""

from roofline import CATALOGUE, GPUS, Deployment, Model, Workload, estimate
from roofline.compare import every_gpu


def test_each_gpu_with_its_own_price_or_the_reason_why_not():
    model = Model.from_config(CATALOGUE["deepseek-ai/DeepSeek-V3.1"].config)
    deployment = Deployment(gpu="B200 SXM", tensor_parallel=8, usd_per_gpu_hour=1.0)
    workload = Workload(concurrency=16)
    rows = {row.deployment.gpu: row for row in every_gpu(model, deployment, workload)}
    assert list(rows) == list(GPUS)
    assert rows["B200 SXM"].estimate == estimate(model, deployment, workload)
    assert rows["H200 SXM"].estimate.usd_per_gpu_hour == GPUS["H200 SXM"].price.usd_per_gpu_hour
    assert not rows["H100 SXM"].estimate.fits
    assert rows["GB200"].deployment.nodes == 2  # nodes of four
    wide = every_gpu(model, Deployment(gpu="GB200", nodes=4, tensor_parallel=16), workload)
    refused = {row.deployment.gpu: row for row in wide if row.estimate is None}
    assert "larger than the 8 GPUs" in refused["H200 SXM"].reason
    assert "GB300" not in refused
