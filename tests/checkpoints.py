"""Small random checkpoints in the exact layout of the hub repositories, in a hand-made hub cache.

The real ones are gigabytes and out of reach. These have the real files, field names, tokenizer classes, dimensions and
prompts, one layer, and words enough to tell texts apart:

    models--BAAI--bge-m3/{refs/main, snapshots/<pinned commit>/…}      with HF_HUB_CACHE they load by hub id, offline

``hub_cache(folder)`` makes them all in a few seconds; make them once a session.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.catalog import find
from models.spec import ModelSpec

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

#: What the small tokenizers are trained on: the scripts and signs of the tests.
SENTENCES = [
    "The bank raised its interest rate. The river bank was muddy after the rain.",
    "What is the capital of China? Explain gravity. Import the module and return the sum.",
    "query: passage: Instruct: Given a web search query, retrieve relevant passages that answer the query",
    "今天的天气很好，我们去公园散步吧。银行提高了利率。杯子里的水",
    "今日は天気がいいですね。データベースに接続する方法を教えてください。",
    "한국어를 배우고 싶어요. 날씨가 좋습니다.",
    "Die Straße ist naß. Où est la bibliothèque ? ¿Dónde está el niño?",
    "Привет, как дела? مرحبا بالعالم  שלום עולם  नमस्ते दुनिया  สวัสดีครับ",
    "def add(a, b):\n    return a + b\nfor (int i = 0; i < n; i++) { sum += xs[i]; }\nSELECT * FROM t WHERE id = 1;",
]
MODULES = "sentence_transformers.models"
SPREAD = 0.2  # of the random weights: wide enough that the vectors of two texts differ


def hub_cache(folder: Path) -> Path:
    """Make the checkpoint of every catalog row that lives on the hub under ``folder``; returns ``folder``."""
    for model_id, write in MAKERS.items():
        spec = find(model_id)
        assert spec.revision is not None
        repository = folder / f"models--{spec.source.replace('/', '--')}"
        snapshot = repository / "snapshots" / spec.revision
        snapshot.mkdir(parents=True)
        write(snapshot, spec)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(spec.revision, encoding="utf-8")
    return folder


def snapshot_of(cache: Path, spec: ModelSpec) -> Path:
    """Where ``hub_cache`` put the files of ``spec``."""
    return cache / f"models--{spec.source.replace('/', '--')}" / "snapshots" / (spec.revision or "")


def bge_m3(folder: Path, spec: ModelSpec, device: str = "cpu", **shape: Any) -> None:
    """XLM-R, weights as ``.bin`` only, CLS pooling, the two heads beside it, no folder for the normalisation.

    ``shape`` replaces what is small here; ``device`` is where the weights are drawn (a GPU draws billions in a second).
    """
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    tokenizer = xlm_roberta_tokenizer(folder, 8192)
    small = {"vocab_size": tokenizer.get_vocab_size(), "num_hidden_layers": 1, "intermediate_size": 64}
    config = XLMRobertaConfig(
        hidden_size=1024,
        num_attention_heads=16,
        max_position_embeddings=8194,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        **small | {"initializer_range": SPREAD} | shape,
    )
    network = randomly(XLMRobertaModel, config, device)
    torch.save(network.state_dict(), folder / "pytorch_model.bin")
    save_json(folder / "config.json", network.config.to_dict() | {"architectures": ["XLMRobertaModel"]})
    torch.save(torch.nn.Linear(1024, 1).state_dict(), folder / "sparse_linear.pt")
    torch.save(torch.nn.Linear(1024, 1024).state_dict(), folder / "colbert_linear.pt")
    save_json(folder / "sentence_bert_config.json", {"max_seq_length": 8192, "do_lower_case": False})
    save_json(folder / "config_sentence_transformers.json", {"__version__": {"sentence_transformers": "2.2.2"}})
    modules(folder, "cls", 1024)


def e5_small(folder: Path, spec: ModelSpec) -> None:
    """A BERT with XLM-R's tokenizer, mean pooling, no prompts in its files."""
    from transformers import BertConfig, BertModel

    tokenizer = xlm_roberta_tokenizer(folder, 512)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=384,
        num_hidden_layers=1,
        num_attention_heads=12,
        intermediate_size=64,
        max_position_embeddings=512,
        pad_token_id=0,
        initializer_range=SPREAD,
    )
    randomly(BertModel, config).save_pretrained(folder)
    save_json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
    modules(folder, "mean", 384)


def qwen3(folder: Path, spec: ModelSpec, device: str = "cpu", **shape: Any) -> None:
    """Grouped heads of 128, bfloat16, prompts in the files, a chat template that must not be used.

    4B and 8B come in shards; none has an output layer, though the configuration names the class that would.
    ``device`` and ``shape`` as in ``bge_m3``.
    """
    import torch
    from transformers import Qwen3Config, Qwen3Model

    tokenizer = qwen_tokenizer(folder)
    hidden = spec.dimensions or 0
    small = {"vocab_size": tokenizer.get_vocab_size(), "num_hidden_layers": 1, "intermediate_size": 64}
    small |= {"num_attention_heads": 4, "num_key_value_heads": 2}
    config = Qwen3Config(
        hidden_size=hidden,
        head_dim=128,
        max_position_embeddings=32768 if hidden == 1024 else 40960,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
        tie_word_embeddings=hidden != 4096,
        **small | {"initializer_range": SPREAD} | shape,
    )
    network: Any = randomly(Qwen3Model, config, device, torch.bfloat16)
    network.save_pretrained(folder, max_shard_size="50GB" if hidden == 1024 else "5GB" if shape else "5MB")
    known = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    save_json(folder / "config.json", known | {"architectures": ["Qwen3ForCausalLM"]})
    save_json(
        folder / "config_sentence_transformers.json",
        {
            "prompts": {"query": spec.query_prompt, "document": ""},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    )
    modules(folder, "lasttoken", hidden, include_prompt=True)


MAKERS: dict[str, Callable[..., None]] = {
    "bge-m3": bge_m3,
    "qwen3-embedding-0.6b": qwen3,
    "qwen3-embedding-4b": qwen3,
    "qwen3-embedding-8b": qwen3,
    "multilingual-e5-small": e5_small,
}


def randomly(
    network: Callable[[Any], PreTrainedModel], config: Any, device: str = "cpu", dtype: torch.dtype | None = None
) -> PreTrainedModel:
    """A network with the same random weights each time; other users of torch's generator notice nothing."""
    import torch

    before = torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]), torch.device(device):
        torch.manual_seed(0)
        try:
            torch.set_default_dtype(dtype or before)
            return network(config)
        finally:
            torch.set_default_dtype(before)


def modules(folder: Path, pooling: str, dimensions: int, **more: object) -> None:
    """modules.json and 1_Pooling as releases before 5 wrote them; the hub's repositories still have these."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    rows = [
        {"idx": index, "name": str(index), "path": path, "type": f"{MODULES}.{kind}"}
        for index, (path, kind) in enumerate(kinds)
    ]
    save_json(folder / "modules.json", rows)
    flags = {
        "pooling_mode_cls_token": pooling == "cls",
        "pooling_mode_mean_tokens": pooling == "mean",
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }
    if pooling == "lasttoken":
        flags |= {"pooling_mode_weightedmean_tokens": False, "pooling_mode_lasttoken": True}
    (folder / "1_Pooling").mkdir()
    save_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": dimensions, **flags, **more})


def xlm_roberta_tokenizer(folder: Path, limit: int) -> Tokenizer:
    """A Unigram tokenizer with XLM-R's special tokens and class."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace("\n", " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=600, special_tokens=special, unk_token="<unk>", show_progress=False, max_piece_length=8
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    begin, end = special[0], special[2]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", pair=f"{begin} $A {end} {end} $B {end}", special_tokens=[(begin, 0), (end, 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>"}
    names |= {"unk_token": "<unk>", "mask_token": "<mask>"}
    save_json(folder / "special_tokens_map.json", names)
    save_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": limit, **names},
    )
    return tokenizer


def qwen_tokenizer(folder: Path) -> Tokenizer:
    """A byte-level BPE that appends <|endoftext|>, with Qwen's special tokens and class."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    end = special[0]
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
            processors.TemplateProcessing(
                single=f"$A {end}", pair=f"$A {end} $B:1 {end}:1", special_tokens=[(end, tokenizer.token_to_id(end))]
            ),
        ]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    save_json(folder / "vocab.json", tokenizer.get_vocab(with_added_tokens=False))
    (folder / "merges.txt").write_text(
        "\n".join(" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]), encoding="utf-8"
    )
    save_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "Qwen2Tokenizer",
            "model_max_length": 131072,
            "pad_token": end,
            "eos_token": special[2],
            "additional_special_tokens": special[1:],
            "split_special_tokens": False,
            "chat_template": "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}",
        },
    )
    return tokenizer


def save_json(path: Path, value: object) -> None:
    """Write ``value`` as UTF-8 JSON."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")
