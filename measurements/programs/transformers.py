"""Writes configs, tokenizers and small models as a release saves them; loads and uses them. For Python 3.8 on."""

import json
import os
import shutil
import signal
import sys

from each import _told, apart, step

os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"

import tokenizers
import transformers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

try:
    import torch
except ImportError:
    torch = None

MAJOR = int(transformers.__version__.split(".")[0])
TEXT = "the cat sat on the mat"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

# -- configs and models

SMALL = dict(
    vocab_size=300, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
    max_position_embeddings=64,
)  # fmt: skip
DECODER = dict(SMALL, num_key_value_heads=1, head_dim=8, pad_token_id=0, bos_token_id=1, eos_token_id=2)
EXPERTS = dict(DECODER, num_local_experts=2, num_experts_per_tok=1)
GPT2 = dict(vocab_size=300, n_embd=16, n_layer=1, n_head=2, n_positions=64, bos_token_id=1, eos_token_id=2)
T5 = dict(vocab_size=300, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0)
BART = dict(
    vocab_size=300, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
    decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64, pad_token_id=1,
    bos_token_id=0, eos_token_id=2, decoder_start_token_id=2,
)  # fmt: skip
WHISPER = dict(BART, max_source_positions=20, max_target_positions=20, num_mel_bins=8, suppress_tokens=None,
               begin_suppress_tokens=None)  # fmt: skip
VIT = dict(SMALL, image_size=8, patch_size=4)
TYPES = {
    "bert": ("SequenceClassification", SMALL),
    "distilbert": ("SequenceClassification", dict(vocab_size=300, dim=16, hidden_dim=32, n_layers=1, n_heads=2)),
    "roberta": ("SequenceClassification", SMALL),
    "deberta-v2": ("SequenceClassification", SMALL),
    "modernbert": ("SequenceClassification", dict(SMALL, pad_token_id=0, reference_compile=False)),
    "gpt2": ("CausalLM", GPT2),
    "gpt_neox": ("CausalLM", SMALL),
    "opt": ("CausalLM", dict(vocab_size=300, hidden_size=16, ffn_dim=32, num_hidden_layers=1, num_attention_heads=2,
                             max_position_embeddings=64, word_embed_proj_dim=16)),
    "bloom": ("CausalLM", dict(vocab_size=300, hidden_size=16, n_layer=1, n_head=2)),
    "llama": ("CausalLM", DECODER),
    "mistral": ("CausalLM", DECODER),
    "mixtral": ("CausalLM", EXPERTS),
    "qwen2": ("CausalLM", DECODER),
    "qwen3": ("CausalLM", DECODER),
    "phi3": ("CausalLM", DECODER),
    "gemma": ("CausalLM", DECODER),
    "gemma2": ("CausalLM", DECODER),
    "gemma3_text": ("CausalLM", DECODER),
    "smollm3": ("CausalLM", DECODER),
    "gpt_oss": ("CausalLM", EXPERTS),
    "ministral": ("CausalLM", DECODER),
    "minimax_m2": ("CausalLM", EXPERTS),
    "t5": ("Seq2SeqLM", T5),
    "bart": ("Seq2SeqLM", BART),
    "whisper": ("SpeechSeq2Seq", WHISPER),
    "vit": ("ImageClassification", VIT),
}  # fmt: skip
# Configs that hold what releases write and read in other ways.
VARIANTS = {
    "llama-linear": ("llama", dict(rope_scaling={"type": "linear", "factor": 2.0})),
    "llama-dynamic": ("llama", dict(rope_scaling={"type": "dynamic", "factor": 2.0})),
    "llama-yarn": ("llama", dict(rope_scaling={"rope_type": "yarn", "factor": 2.0,
                                               "original_max_position_embeddings": 32})),
    "llama-llama3": ("llama", dict(rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                                 "high_freq_factor": 4.0, "original_max_position_embeddings": 32})),
    "phi3-longrope": ("phi3", dict(rope_scaling={"type": "longrope", "short_factor": [1.0] * 4,
                                                 "long_factor": [2.0] * 4},
                                   original_max_position_embeddings=32)),
    "qwen2-yarn": ("qwen2", dict(rope_scaling={"type": "yarn", "factor": 2.0,
                                               "original_max_position_embeddings": 32})),
}  # fmt: skip
# Ways to save one model; the plain one is the release's own.
LAYOUTS = {
    "bin": dict(safe_serialization=False),
    "safetensors": dict(safe_serialization=True),
    "sharded": dict(max_shard_size="4KB"),
    "sharded_bin": dict(max_shard_size="4KB", safe_serialization=False),
}
LAID = ("bert", "llama", "t5")
QUANTIZED = {
    "bitsandbytes": {"load_in_8bit": True, "quant_method": "bitsandbytes"},
    "gptq": {"bits": 4, "group_size": 128, "quant_method": "gptq", "desc_act": False},
    "awq": {"bits": 4, "group_size": 128, "quant_method": "awq", "version": "gemm", "zero_point": True},
    "fp8": {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128]},
    "mxfp4": {"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]},
    "compressed-tensors": {"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {}},
}


def configured(name):
    kind, more = VARIANTS.get(name, (name, {}))
    return transformers.AutoConfig.for_model(kind, **dict(TYPES[kind][1], **more))


def auto(kind):
    return getattr(transformers, "AutoModelFor" + TYPES[kind][0])


def built(name):
    torch.manual_seed(0)
    config = configured(name)
    model = auto(VARIANTS.get(name, (name,))[0]).from_config(config)
    with torch.no_grad():
        for number, value in enumerate(model.parameters()):
            value.fill_(0.01 * (number % 7 + 1))
    return model.eval()


def write_model(name, path):
    if torch is None:
        return {"skip": True}
    _, kind, *layout = name.split("--")
    if kind in QUANTIZED:
        if (MAJOR, int(transformers.__version__.split(".")[1])) != (4, 57):
            return {"skip": True}
        model = built("mistral" if kind == "mxfp4" else "llama")
        model.save_pretrained(path)
        edit(path, "config.json", quantization_config=QUANTIZED[kind])
    else:
        built(kind).save_pretrained(path, **(LAYOUTS[layout[0]] if layout else {}))
    return None


def edit(path, file, **more):
    file = os.path.join(path, file)
    with open(file) as opened:
        held = json.load(opened)
    held.update(more)
    with open(file, "w") as opened:
        json.dump(held, opened)


def read_model(name, path):
    if torch is None:
        return {"skip": True}
    kind = name.split("--")[1]
    kind = "mistral" if kind == "mxfp4" else "llama" if kind in QUANTIZED else VARIANTS.get(kind, (kind,))[0]
    model = step("load", auto(kind).from_pretrained, path).eval()
    with torch.no_grad():
        step("predict", lambda: used(model, TYPES[kind][0]))
    return None


def used(model, task):
    ids = torch.tensor([[1, 5, 6, 7]])
    if task == "ImageClassification":
        return model(pixel_values=torch.zeros(1, 3, 8, 8))
    if task == "SpeechSeq2Seq":
        return model(input_features=torch.zeros(1, 8, 40), decoder_input_ids=ids)
    if task == "SequenceClassification":
        return model(input_ids=ids)
    return model.generate(ids, max_length=7 if task == "CausalLM" else 3, do_sample=False)


def write_config(name, path):
    configured(name.split("--")[1]).save_pretrained(path)


def read_config(name, path):
    step("load", transformers.AutoConfig.from_pretrained, path)


# -- tokenizers


def words():
    return SPECIAL + sorted(set(TEXT.split())) + list("abcdefghijklmnopqrstuvwxyz") + ["##" + c for c in "aehmnost"]


def wordpiece():
    made = tokenizers.Tokenizer(models.WordPiece({w: i for i, w in enumerate(words())}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.decoder = decoders.WordPiece()
    return made


def letters(first):
    """Return a vocabulary and merges over the letters of the text, with a mark for a word's start."""
    merges = [("t", "h"), ("th", "e"), ("a", "t"), ("c", "at"), ("m", "at"), ("o", "n"), (first, "the")]
    pieces = sorted(set("abcdefghijklmnopqrstuvwxyz" + first))
    vocabulary = SPECIAL + ["<s>", "</s>", "<unk>", "<pad>", "<|endoftext|>"]
    vocabulary += pieces + [a + b for a, b in merges]
    return {w: i for i, w in enumerate(vocabulary)}, merges


def bytelevel(*, split=False):
    made = tokenizers.Tokenizer(models.BPE(*letters("\u0120")))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if split:
        cut = pre_tokenizers.Split(tokenizers.Regex(r"\s?\w+|\s+"), "isolated")
        made.normalizer = normalizers.NFC()
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.ByteLevel(trim_offsets=False)
    return made


def sentencepiece_like():
    vocabulary, merges = letters("\u2581")
    made = tokenizers.Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    steps = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    made.decoder = decoders.Sequence(steps)
    return made


def unigram():
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [("\u2581" + w, -2.0) for w in sorted(set(TEXT.split()))] + [(c, -5.0) for c in "\u2581abcdefghmnost"]
    made = tokenizers.Tokenizer(models.Unigram(pieces, 2))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    return made


def wordlevel():
    made = tokenizers.Tokenizer(models.WordLevel({w: i for i, w in enumerate(words())}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


BUILT = {
    "wordpiece": wordpiece,
    "bytelevel": bytelevel,
    "split": lambda: bytelevel(split=True),
    "sentencepiece": sentencepiece_like,
    "unigram": unigram,
    "wordlevel": wordlevel,
}
# Name to how it is built, the class that saves it, and the model type beside it.
CLASSES = {
    "bert": ("wordpiece", "BertTokenizerFast", "bert"),
    "distilbert": ("wordpiece", "DistilBertTokenizerFast", "distilbert"),
    "gpt2": ("bytelevel", "GPT2TokenizerFast", "gpt2"),
    "roberta": ("bytelevel", "RobertaTokenizerFast", "roberta"),
    "qwen2": ("split", "Qwen2TokenizerFast", "qwen2"),
    "llama": ("sentencepiece", "LlamaTokenizerFast", "llama"),
    "gemma": ("sentencepiece", "GemmaTokenizerFast", "gemma"),
    "t5": ("unigram", "T5TokenizerFast", "t5"),
}
FAST = "PreTrainedTokenizerFast"
TEMPLATE = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
MARKS = {"wordpiece": dict(unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"),
         "wordlevel": dict(unk_token="[UNK]", pad_token="[PAD]"),
         "unigram": dict(unk_token="<unk>", pad_token="<pad>", eos_token="</s>")}  # fmt: skip


def write_tokenizer(name, path):
    _, kind, *more = name.split("--")
    if kind in CLASSES:
        style, owner, model_type = CLASSES[kind]
        source = path + ".source"
        try:
            raw(style, source, owner)
            made = getattr(transformers, owner).from_pretrained(source)
        finally:
            shutil.rmtree(source)
    else:
        style, model_type = kind, "bert" if kind.startswith("word") else "gpt2"
        marks = MARKS.get(style, dict(unk_token="<unk>", bos_token="<s>", eos_token="</s>"))
        made = getattr(transformers, FAST)(tokenizer_object=BUILT[style](), **marks)
    if more == ["chat"]:
        made.chat_template = TEMPLATE
    elif more == ["added"]:
        made.add_tokens([tokenizers.AddedToken("<new>", normalized=False), "other"])
        made.add_special_tokens({"additional_special_tokens": ["<extra>"]})
    made.save_pretrained(path)
    if more == ["chat"] and not any("chat_template" in text(path, f) for f in os.listdir(path)):
        return {"skip": True}
    with open(os.path.join(path, "config.json"), "w") as file:
        json.dump({"model_type": model_type, "vocab_size": 300}, file)
    return None


def text(path, file):
    with open(os.path.join(path, file)) as opened:
        return file + opened.read()


def raw(style, folder, owner):
    """Write a folder that the class reads: the vocabulary in its own files, and tokenizer.json where it has none."""
    os.makedirs(folder, exist_ok=True)
    made = BUILT[style]()
    made.save(os.path.join(folder, "tokenizer.json"))
    if style in ("wordpiece", "bytelevel", "split"):
        made.model.save(folder)
    with open(os.path.join(folder, "tokenizer_config.json"), "w") as file:
        json.dump({"tokenizer_class": owner.replace("Fast", "")}, file)


def read_tokenizer(name, path):
    made = step("load", transformers.AutoTokenizer.from_pretrained, path)
    step("predict", made, TEXT)
    if name.endswith("--chat"):
        said = [{"role": "user", "content": TEXT}]
        step("predict", lambda: made.apply_chat_template(said, tokenize=False))


def write_json(name, path):
    os.makedirs(path)
    BUILT[name.split("--")[1]]().save(os.path.join(path, "tokenizer.json"))


def read_json(name, path):
    made = step("load", tokenizers.Tokenizer.from_file, os.path.join(path, "tokenizer.json"))
    step("predict", made.encode, TEXT)


WITHOUT_MODEL = ("gpt_neox", "opt", "bloom", "mixtral", "deberta-v2", "smollm3", "ministral", "gemma2", "roberta")
OBJECTS = ["config--" + k for k in [*TYPES, *VARIANTS]]
OBJECTS += ["model--" + k for k in TYPES if k not in WITHOUT_MODEL]
OBJECTS += ["model--" + k for k in ("llama-linear", "llama-llama3", "phi3-longrope", "qwen2-yarn")]
OBJECTS += ["model--%s--%s" % (k, layout) for k in LAID for layout in LAYOUTS]
OBJECTS += ["model--" + k for k in QUANTIZED]
OBJECTS += ["tokenizer--" + k for k in [*BUILT, *CLASSES]]
OBJECTS += ["tokenizer--%s--%s" % (k, m) for k in ("gpt2", "bytelevel", "bert") for m in ("chat", "added")]
OBJECTS += ["json--" + k for k in BUILT]


def write(name, path):
    shutil.rmtree(path, ignore_errors=True)
    return globals()["write_" + name.split("--")[0]](name, path)


def read(name, path):
    return globals()["read_" + name.split("--")[0]](name, path)


def all_of(mode, folders):
    """Do every object of all folders in one process, which imports each architecture once; what dies, by itself."""
    function = write if mode == "write" else read
    wanted = [(f, n) for f in folders for n in (OBJECTS if mode == "write" else sorted(os.listdir(f)))]
    held = {pair: (pair if mode == "write" else content(*pair)) for pair in wanted}
    different = list({key: pair for pair, key in held.items()}.values())

    def one(folder, name):
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 60)  # it would hang the others as well
        return _told(lambda: function(name, os.path.join(folder, name)))

    said = apart(lambda: {"all": [one(f, n) for f, n in different]}).get("all")
    if said is None:
        said = [apart(lambda f=f, n=n: function(n, os.path.join(f, n))) for f, n in different]
    by = {held[pair]: result for pair, result in zip(different, said)}
    results = {f: {} for f in folders}
    for folder, name in wanted:
        results[folder][name] = result = by[held[folder, name]]
        if mode == "write" and (result.get("error") or result.get("skip")):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    return results


def content(folder, name):
    """Return the bytes of an object, by which two that are the same are read once."""
    top = os.path.join(folder, name)
    files = {}
    for path, _, names in os.walk(top):
        for file in names:
            with open(os.path.join(path, file), "rb") as opened:
                files[os.path.relpath(os.path.join(path, file), top)] = opened.read()
    return name.split("--")[0], name.endswith("--chat"), tuple(sorted(files.items()))


def main():
    mode, folders = sys.argv[1], sys.argv[2:]
    if torch is not None:
        torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    for folder in folders:
        os.makedirs(folder, exist_ok=True)
    results = all_of(mode, folders)
    print(json.dumps(results if len(folders) > 1 else results[folders[0]]))


if __name__ == "__main__":
    main()
