"""TensorFlow and TensorFlow Lite."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "tensorflow",
    library="TensorFlow 2.21, TensorFlow Lite",
    rules={
        "stride, when not given": Cited(
            "the kernel, as Keras; tf.nn asks for it", "tf.nn.max_pool2d"
        ),
        "padding in numbers": Cited("any, of max alone", "tf.nn.max_pool2d"),
        "padding above half the kernel": Cited("any, of max alone", "tf.nn.max_pool2d"),
        "padding of unequal sides": Cited("any, of max alone", "tf.nn.max_pool2d"),
        "padding same": Cited("odd pixel at the end", "tf.nn.max_pool2d"),
        "dilation of max": Cited("at a stride of 1, unpadded", "tf.nn.pool"),
        "dilation of avg and lp": Cited("at a stride of 1, unpadded", "tf.nn.pool"),
        "divisor of avg": Cited("valid pixels", "avgpooling_op.cc"),
        "l2": Cited("sqrt(sum x^2 / n)", "TFLite L2_POOL_2D"),
        "NaN in max": Cited("is ignored", "maxpooling_op.cc, on CPU"),
        "window without a pixel": Cited("max of NaN alone is -3.4e38", "maxpooling_op.cc"),
        "index of max": Cited("(y W + x) C + c in the sample", "tf.nn.max_pool_with_argmax"),
        "index of a NaN": Cited("does not come up", "maxpooling_op.cc"),
    },
    ops={"max": {"nan": "ignore", "index_order": "nhwc"}, "unpool": {"index_order": "nhwc"}},
    empty={"max": "least finite"},
)
