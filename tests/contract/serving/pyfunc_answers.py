"""In a process of its own: what ``mlflow.pyfunc.load_model`` answers to the records on standard input, as records per model."""

import json
import sys

import mlflow
import pandas as pd

frame = pd.DataFrame(json.load(sys.stdin))
answers = {}
for uri in sys.argv[1:]:
    loaded = mlflow.pyfunc.load_model(uri)
    types = {item.name: "float64" if item.type.name == "double" else "str" for item in loaded.metadata.signature.inputs}
    answers[uri] = json.loads(loaded.predict(frame.astype(types)).to_json(orient="records", double_precision=15))
print(json.dumps(answers))
