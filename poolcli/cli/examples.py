"""What the help of each command shows, ready to be typed; every line is run by the tests."""

from __future__ import annotations

EXAMPLES = {
    "poolcli": (
        "poolcli max -k 2 -s 2 img.png",
        "poolcli avg -k 3 -s 2 -p same photos/ -o small/ -r",
        "poolcli max --adaptive 7 features.npy -o pooled.npy",
        "poolcli run 'max -k 3 -s 2 -p 1 | avg --global' x.npy -o v.npy",
        "poolcli view features.npy",
    ),
    "max": (
        "poolcli max -k 2 img.png",
        "poolcli max -k 3 -s 2 -p 1 x.npy -o top.npy --indices where.npy",
        "poolcli max --adaptive 7 features.npy -o pooled.npy",
        "poolcli max --boxes '[[8, 8, 40, 40]]' --output-size 7 x.npy -o regions.npy",
    ),
    "min": (
        "poolcli min -k 4 --nodata 0 depth.png",
        "poolcli min -k 15 -s 1 -p same --footprint disk img.png -o eroded.png",
    ),
    "sum": (
        "poolcli sum -k 2 x.npy -o sums.npy",
        "poolcli sum --levels 1,2,4 x.npy -o spatial.npy",
    ),
    "avg": (
        "poolcli avg -k 4 img.png --linear",
        "poolcli avg -k 3 -s 2 -p same photos/ -o small/ -r",
        "poolcli avg --global x.npy -o v.npy",
        "poolcli avg --area 100x150 img.png -o thumbnail.png",
        "poolcli avg -k 3 -s 2 -p same --border clip:wrap img.png -o wrapped.png",
        "poolcli avg -k 3 -s 2 -p 1 --semantics torch x.npy -o theirs.npy",
    ),
    "range": ("poolcli range -k 3 -s 1 -p same img.png",),
    "std": ("poolcli std -k 8 img.png --dtype float32 -o texture.npy",),
    "var": ("poolcli var --adaptive 8 x.npy -o var.npy",),
    "l2": ("poolcli l2 -k 2 x.npy -o l2.npy",),
    "lp": ("poolcli lp -k 2 --norm 3 x.npy -o lp.npy",),
    "gem": ("poolcli gem --global --norm 3 x.npy -o descriptor.npy",),
    "lse": ("poolcli lse --global --sharpness 5 x.npy -o scores.npy",),
    "soft": ("poolcli soft -k 2 x.npy -o soft.npy",),
    "mixed": ("poolcli mixed -k 2 --alpha 0.3 x.npy -o mixed.npy",),
    "median": (
        "poolcli median -k 3 -s 1 -p same img.png",
        "poolcli median -k 4 --interpolation lower depth.png",
    ),
    "quantile": ("poolcli quantile -k 4 --q 0.9 img.png",),
    "trimmed": ("poolcli trimmed -k 5 --trim 0.2 img.png",),
    "mode": ("poolcli mode -k 4 labels.png", "poolcli mode -k 4 --per-channel img.png"),
    "fraction": ("poolcli fraction -k 16 --of 2,3 labels.png -o share.npy",),
    "circmean": ("poolcli circmean -k 4 --period 360 x.npy -o direction.npy",),
    "stochastic": ("poolcli stochastic -k 2 --seed 7 x.npy -o drawn.npy",),
    "unpool": (
        "poolcli max -k 2 x.npy -o top.npy --indices where.npy",
        "poolcli unpool top.npy --indices where.npy -o back.npy",
    ),
    "roi-align": (
        "poolcli roi-align --boxes '[[8, 8, 40, 40]]' --output-size 7 x.npy -o regions.npy",
    ),
    "sample": ("poolcli sample -s 4 img.png",),
    "blur": ("poolcli blur --filter 5 -s 4 img.png",),
    "weighted": ("poolcli weighted --weights gaussian -k 5 -s 2 img.png",),
    "restore": (
        "poolcli restore --output-size 384x512 --interpolation bilinear small.png -o large.png",
    ),
    "fuse": ("poolcli fuse 'max -k 4' 'avg -k 4' --merge avg img.png",),
    "pyramid": (
        "poolcli pyramid --op avg --levels 3 img.png",
        "poolcli pyramid --op avg --smallest 64 img.png -o levels/",
    ),
    "run": (
        "poolcli run 'max -k 3 -s 2 -p 1 | avg --global' x.npy -o v.npy",
        "poolcli run --file samples/recipes/vgg16.toml x.npy -o vgg.npy",
    ),
    "shape": (
        "poolcli shape 'max -k 3 -s 2 -p 1 | avg -k 2' --input 1x64x112x112",
        "poolcli shape 'max -k 2' img.png",
        "poolcli shape --file samples/recipes/vgg16.toml --format latex",
        "poolcli shape 'max -k 3 -s 2 -p 1 | avg --global' --input 1x64x112x112 --to-code torch",
    ),
    "explain": (
        "poolcli explain 'avg -k 3 -s 2 -p 1' x.npy --at 0,0,0,0",
        "poolcli explain 'max -k 3 -s 2 | avg -k 2' img.png --at 10,20,0 -o window.png",
    ),
    "solve": (
        "poolcli solve --input 224 --output 7",
        "poolcli solve --input 224x160 --output 7x5 -k 3 --steps 5",
    ),
    "compare": (
        "poolcli compare img.png 'max -k 4' 'avg -k 4' 'blur --filter 5 -s 4' -o sheet.png",
        "poolcli compare x.npy 'avg -k 3 -s 2 -p 1 --ceil-mode' --semantics torch,onnx,keras",
    ),
    "bench": (
        "poolcli bench 'max -k 3 -s 2' img.png",
        "poolcli bench 'avg -k 2' --input 1x64x112x112",
    ),
    "ops": ("poolcli ops", "poolcli ops --report json"),
    "semantics": ("poolcli semantics", "poolcli semantics torch onnx"),
    "info": ("poolcli info photos/ -r", "poolcli info img.png --report json"),
    "config": (
        "poolcli config",
        "poolcli config --report json",
    ),
    "man": ("poolcli man > poolcli.1", "poolcli man max | man -l -"),
    "completion": (
        """eval "$(poolcli completion bash)"  # in ~/.bashrc""",
        """eval "$(poolcli completion zsh)"   # in ~/.zshrc, below compinit""",
        "poolcli completion fish | source   # in ~/.config/fish/config.fish",
    ),
    "view": ("poolcli view img.png", "poolcli view features.npy --channels 0,4-7"),
}
