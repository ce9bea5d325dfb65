# k-NN and logistic regression of scikit-learn on features that the caller wrote: speeds and accuracies.
# usage: evaluate_sklearn.py FOLDER TRAIN TEST WIDTH NEIGHBOURS TEMPERATURE FITTED WEIGHT
# FOLDER holds train.f32, test.f32 (rows of float32) and train.i64, test.i64 (labels).
import json, sys, time
try:
    import numpy as np
    import sklearn
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import StandardScaler, normalize
except ImportError as e:
    print(json.dumps({"missing": str(e)}))
    sys.exit(0)

folder = sys.argv[1]
train, test, width, neighbours = (int(a) for a in sys.argv[2:6])
temperature, fitted, weight = float(sys.argv[6]), int(sys.argv[7]), float(sys.argv[8])
x = np.fromfile(f"{folder}/train.f32", np.float32).reshape(train, width)
q = np.fromfile(f"{folder}/test.f32", np.float32).reshape(test, width)
y, truth = np.fromfile(f"{folder}/train.i64", np.int64), np.fromfile(f"{folder}/test.i64", np.int64)


def timed(work, times):
    best = None
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        took = time.perf_counter() - start
        best = took if best is None else min(best, took)
    return best, result


# Cosine neighbours are Euclidean neighbours of unit rows, which scikit-learn's brute force finds by its fastest path; |a - b|^2 = 2 - 2 cos.
def nearest():
    model = KNeighborsClassifier(neighbours, algorithm="brute", metric="euclidean", weights=lambda d: np.exp((1 - d * d / 2) / temperature))
    return model.fit(normalize(x), y).predict(normalize(q))


KNeighborsClassifier(neighbours, algorithm="brute").fit(normalize(x[:1000]), y[:1000]).predict(normalize(q[:100]))
knn_seconds, knn = timed(nearest, 2)


# Its objective is C times the summed cross-entropy and |W|^2 / 2.
def regression():
    scale = StandardScaler().fit(x[:fitted])
    model = LogisticRegression(C=1 / weight, solver="lbfgs", max_iter=1000)
    return model.fit(scale.transform(x[:fitted]), y[:fitted]).predict(scale.transform(q))


linear_seconds, linear = timed(regression, 1)
print(json.dumps({
    "values": {"knn": test / knn_seconds, "knnAccuracy": 100 * float(np.mean(knn == truth)),
               "linear": fitted / linear_seconds, "linearAccuracy": 100 * float(np.mean(linear == truth))},
    "name": f"scikit-learn {sklearn.__version__}"}))
