"""Configs that do not describe a decoder: refused with words that say what they are."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UnsupportedArchitecture

#: Endings of classes that are not language decoders, and what they are.
OTHER_CLASSES = {
    "ForMaskedLM": "an encoder",
    "ForSequenceClassification": "a classifier",
    "ForTokenClassification": "a classifier",
    "ForQuestionAnswering": "an encoder",
    "ForImageClassification": "an image model",
    "ForObjectDetection": "an image model",
    "ForSpeechSeq2Seq": "a speech model",
    "ForCTC": "a speech model",
    "ForConditionalGeneration": "",
}
ENCODERS = frozenset(
    """
    albert bert camembert canine convbert deberta deberta-v2 distilbert electra ernie esm eurobert funnel
    layoutlm layoutlmv2 layoutlmv3 longformer modernbert mpnet nomic_bert new nystromformer rembert roberta roformer
    squeezebert xlm-roberta xlm-roberta-xl xmod
    clip siglip siglip2 vit dinov2 dinov2_with_registers swin beit deit convnext wav2vec2 hubert wavlm
    """.split()
)


def refuse_other_models(section: Mapping[str, object], config: Mapping[str, object], model_type: str) -> None:
    """Say clearly what is not a decoder.

    Raises:
        UnsupportedArchitecture: diffusion pipelines, encoders, encoder-decoders.
    """
    if "_class_name" in config or "_diffusers_version" in config:
        raise UnsupportedArchitecture(
            "this is the config of a diffusion model, not of a language model",
            hint="Choose a text-generation model.",
        )
    if section.get("is_encoder_decoder") is True or config.get("is_encoder_decoder") is True:
        raise UnsupportedArchitecture(
            f"{model_type!r} is an encoder-decoder; only decoders are modelled",
            hint="Choose a decoder-only model.",
        )
    architectures = section.get("architectures") or config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else ""
    kind = next((words for end, words in OTHER_CLASSES.items() if isinstance(first, str) and first.endswith(end)), "")
    if model_type in ENCODERS or kind:
        raise UnsupportedArchitecture(
            f"{model_type!r} is {kind or 'an encoder'}, not a decoder that generates text",
            hint="Choose a text-generation model.",
        )
