"""The command `ops`."""

import json

from poolcli.pipeline.table import OPS


def test_ops_lists_the_table(cli):
    text = cli("ops").text
    for op in OPS.values():
        assert op.formula in text
        assert op.source in text
    assert {row["name"] for row in json.loads(cli("ops", "--report", "json").out)} >= OPS.keys()
