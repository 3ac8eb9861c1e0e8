"""Fits an estimator of every class that serves, pickles it, and asks each as a request would. For Python 3.6 and later."""

import inspect
import json
import os
import pickle
import sys
import warnings

from each import Failed, _told, apart, main, step

import numpy as np

for extra in ("sklearn.experimental.enable_iterative_imputer", "sklearn.experimental.enable_hist_gradient_boosting"):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            __import__(extra)
    except ImportError:
        pass

# The module, what requests call, the data, the class, the variant ("-": plain), the settings.
TABLE = """
calibration proba two CalibratedClassifierCV - cv=2
calibration proba two CalibratedClassifierCV isotonic cv=2, method='isotonic'
calibration proba two CalibratedClassifierCV lr cv=2, estimator=LogisticRegression()
calibration proba two CalibratedClassifierCV nb cv=2, estimator=GaussianNB()
calibration proba two CalibratedClassifierCV together cv=2, ensemble=False
cluster predict plain AffinityPropagation -
cluster predict plain Birch - n_clusters=2
cluster predict plain BisectingKMeans - n_clusters=2
cluster predict plain KMeans - n_clusters=2, n_init=1
cluster predict plain MeanShift -
cluster predict plain MiniBatchKMeans - n_clusters=2, n_init=1
compose transform plain ColumnTransformer - transformers=[('s', StandardScaler(), [0, 1])]
compose transform plain ColumnTransformer all transformers=[('s', StandardScaler(), [0, 1, 2, 3])], remainder='passthrough'
compose transform plain ColumnTransformer estimator transformers=[('s', StandardScaler(), [0, 1])], remainder=StandardScaler()
compose transform plain ColumnTransformer names transformers=[('s', StandardScaler(), [0, 1]), ('p', 'passthrough', [2, 3])]
compose transform plain ColumnTransformer passthrough transformers=[('s', StandardScaler(), [0, 1])], remainder='passthrough'
compose transform mixed ColumnTransformer mixed transformers=[('s', StandardScaler(), [0]), ('o', OneHotEncoder(handle_unknown='ignore'), [1])]
compose predict real TransformedTargetRegressor - regressor=Ridge(), transformer=StandardScaler()
covariance decision plain EllipticEnvelope -
cross_decomposition predict real PLSRegression -
cross_decomposition predict real_by_two PLSRegression multi
cross_decomposition predict real PLSRegression noscale scale=False
decomposition transform plain DictionaryLearning - n_components=2, max_iter=2
decomposition transform plain FactorAnalysis - n_components=2
decomposition transform plain FastICA - n_components=2
decomposition transform plain FastICA nowhiten n_components=None, whiten=False
decomposition transform plain IncrementalPCA - n_components=2
decomposition transform plain KernelPCA - n_components=2
decomposition transform plain KernelPCA gamma n_components=2, kernel='rbf', gamma=0.5
decomposition transform plain KernelPCA rbf n_components=2, kernel='rbf'
decomposition transform plain LatentDirichletAllocation - n_components=2
decomposition transform plain MiniBatchNMF - n_components=2
decomposition transform plain NMF - n_components=2
decomposition transform plain NMF mu n_components=2, solver='mu'
decomposition transform plain PCA - n_components=2
decomposition transform plain PCA whiten n_components=2, whiten=True
decomposition transform plain SparsePCA - n_components=2, max_iter=2
decomposition transform plain TruncatedSVD -
discriminant_analysis proba two LinearDiscriminantAnalysis -
discriminant_analysis proba three LinearDiscriminantAnalysis three
discriminant_analysis proba two QuadraticDiscriminantAnalysis -
dummy proba two DummyClassifier -
dummy predict real DummyRegressor -
ensemble proba two AdaBoostClassifier - n_estimators=3
ensemble proba two AdaBoostClassifier SAMME n_estimators=3, algorithm='SAMME'
ensemble proba two AdaBoostClassifier est n_estimators=2, estimator=DecisionTreeClassifier(max_depth=2)
ensemble proba two AdaBoostClassifier nb n_estimators=2, estimator=GaussianNB()
ensemble predict real AdaBoostRegressor - n_estimators=3
ensemble predict real AdaBoostRegressor lin n_estimators=2, estimator=Ridge()
ensemble proba two BaggingClassifier - n_estimators=3
ensemble proba two BaggingClassifier features n_estimators=3, max_features=0.5
ensemble proba two BaggingClassifier lr n_estimators=2, estimator=LogisticRegression()
ensemble proba two BaggingClassifier nb n_estimators=2, estimator=GaussianNB()
ensemble predict real BaggingRegressor - n_estimators=3
ensemble proba two ExtraTreesClassifier - n_estimators=3
ensemble predict real ExtraTreesRegressor - n_estimators=3
ensemble predict real ExtraTreesRegressor abs n_estimators=3, criterion='absolute_error'
ensemble proba two GradientBoostingClassifier - n_estimators=3
ensemble proba two GradientBoostingClassifier exp n_estimators=3, loss='exponential'
ensemble proba two GradientBoostingClassifier init n_estimators=3, init='zero'
ensemble proba three GradientBoostingClassifier three n_estimators=3
ensemble predict real GradientBoostingRegressor - n_estimators=3
ensemble predict real GradientBoostingRegressor abs n_estimators=3, loss='absolute_error'
ensemble predict real GradientBoostingRegressor huber n_estimators=3, loss='huber'
ensemble predict real GradientBoostingRegressor quantile n_estimators=3, loss='quantile'
ensemble proba two HistGradientBoostingClassifier - max_iter=3
ensemble proba two HistGradientBoostingClassifier early max_iter=3, early_stopping=True
ensemble proba three HistGradientBoostingClassifier three max_iter=3
ensemble predict real HistGradientBoostingRegressor - max_iter=3
ensemble predict real HistGradientBoostingRegressor abs max_iter=3, loss='absolute_error'
ensemble predict positive HistGradientBoostingRegressor poisson max_iter=3, loss='poisson'
ensemble predict real HistGradientBoostingRegressor quantile max_iter=3, loss='quantile', quantile=0.5
ensemble decision plain IsolationForest - n_estimators=3
ensemble decision plain IsolationForest contamination n_estimators=3, contamination=0.1
ensemble proba two RandomForestClassifier - n_estimators=3
ensemble proba two RandomForestClassifier oob n_estimators=3, oob_score=True
ensemble proba three RandomForestClassifier three n_estimators=3
ensemble predict real RandomForestRegressor - n_estimators=3
ensemble predict real RandomForestRegressor abs n_estimators=3, criterion='absolute_error'
ensemble transform plain RandomTreesEmbedding - n_estimators=3
ensemble proba two StackingClassifier - estimators=[('a', LogisticRegression()), ('b', GaussianNB())], final_estimator=GaussianNB(), cv=3
ensemble proba two StackingClassifier nb estimators=[('a', GaussianNB()), ('c', KNeighborsClassifier(algorithm='brute'))], final_estimator=GaussianNB(), cv=3
ensemble proba two StackingClassifier pass estimators=[('a', GaussianNB())], final_estimator=GaussianNB(), cv=3, passthrough=True
ensemble proba two StackingClassifier predict estimators=[('a', GaussianNB())], final_estimator=GaussianNB(), cv=3, stack_method='predict'
ensemble proba two StackingClassifier trees estimators=[('a', RandomForestClassifier(n_estimators=2))], cv=3
ensemble predict real StackingRegressor - estimators=[('a', Ridge())], final_estimator=Ridge(), cv=3
ensemble predict two VotingClassifier - estimators=[('a', LogisticRegression()), ('b', GaussianNB())]
ensemble proba two VotingClassifier soft estimators=[('a', LogisticRegression()), ('b', GaussianNB())], voting='soft'
ensemble predict real VotingRegressor - estimators=[('a', Ridge()), ('b', LinearRegression())]
feature_extraction transform dicts DictVectorizer -
feature_extraction transform dicts FeatureHasher - n_features=16
feature_extraction.text transform text CountVectorizer -
feature_extraction.text transform text HashingVectorizer - n_features=16
feature_extraction.text transform plain TfidfTransformer -
feature_extraction.text transform plain TfidfTransformer noidf use_idf=False
feature_extraction.text transform text TfidfVectorizer -
feature_extraction.text transform text TfidfVectorizer noidf use_idf=False
feature_selection predict two RFE - estimator=LogisticRegression(), n_features_to_select=2
feature_selection transform two RFE forest estimator=RandomForestClassifier(n_estimators=2), n_features_to_select=2
feature_selection predict two RFECV - estimator=LogisticRegression(), cv=2
feature_selection transform two SelectFromModel - estimator=LogisticRegression()
feature_selection transform two SelectFromModel forest estimator=RandomForestClassifier(n_estimators=2)
feature_selection transform two SelectFromModel number estimator=LogisticRegression(), threshold=0.1
feature_selection transform two SelectFromModel ridge estimator=Ridge()
feature_selection transform two SelectFromModel threshold estimator=LogisticRegression(), threshold='mean'
feature_selection transform two SelectKBest - k=2
feature_selection transform two SelectPercentile -
feature_selection transform two SequentialFeatureSelector - estimator=LogisticRegression(), n_features_to_select=2, cv=2
feature_selection transform plain VarianceThreshold -
gaussian_process proba two GaussianProcessClassifier -
gaussian_process predict real GaussianProcessRegressor -
gaussian_process predict real GaussianProcessRegressor normal normalize_y=True
impute transform plain IterativeImputer - max_iter=2
impute transform plain KNNImputer -
impute transform gaps KNNImputer indicator add_indicator=True
impute transform plain MissingIndicator - features='all'
impute transform plain SimpleImputer -
impute transform plain SimpleImputer constant strategy='constant', fill_value=0
impute transform plain SimpleImputer constantnone strategy='constant'
impute transform gaps SimpleImputer gaps
impute transform gaps SimpleImputer indicator add_indicator=True
impute transform plain SimpleImputer median strategy='median'
impute transform plain SimpleImputer mostfrequent strategy='most_frequent'
impute transform words SimpleImputer words strategy='most_frequent'
impute transform words SimpleImputer wordsconstant strategy='constant', fill_value='x'
isotonic predict single IsotonicRegression -
kernel_approximation transform plain AdditiveChi2Sampler -
kernel_approximation transform plain Nystroem - n_components=5
kernel_approximation transform plain RBFSampler - n_components=5
kernel_ridge predict real KernelRidge -
linear_model predict real ARDRegression -
linear_model predict real BayesianRidge -
linear_model predict real ElasticNet - alpha=0.01
linear_model predict real ElasticNetCV -
linear_model predict positive GammaRegressor -
linear_model predict real HuberRegressor -
linear_model predict real Lars -
linear_model predict real Lasso - alpha=0.01
linear_model predict real LassoCV -
linear_model predict real LassoLars -
linear_model predict real LinearRegression -
linear_model proba two LogisticRegression -
linear_model proba two LogisticRegression elastic penalty='elasticnet', solver='saga', l1_ratio=0.5
linear_model proba two LogisticRegression l1 penalty='l1', solver='saga'
linear_model proba two LogisticRegression liblinear solver='liblinear'
linear_model proba two LogisticRegression multinomial multi_class='multinomial'
linear_model proba two LogisticRegression none penalty=None
linear_model proba two LogisticRegression ovr multi_class='ovr'
linear_model proba three LogisticRegression three
linear_model proba two LogisticRegressionCV - cv=3
linear_model proba three LogisticRegressionCV three cv=3
linear_model predict real_by_two MultiTaskLasso - alpha=0.01
linear_model predict real OrthogonalMatchingPursuit -
linear_model decision two PassiveAggressiveClassifier -
linear_model decision two Perceptron -
linear_model predict real PoissonRegressor -
linear_model predict real QuantileRegressor - solver='highs'
linear_model predict real RANSACRegressor -
linear_model predict real Ridge -
linear_model predict real RidgeCV -
linear_model decision two RidgeClassifier -
linear_model decision three RidgeClassifier three
linear_model decision two RidgeClassifierCV -
linear_model decision two SGDClassifier -
linear_model proba two SGDClassifier huber loss='modified_huber'
linear_model proba two SGDClassifier log loss='log'
linear_model proba two SGDClassifier logloss loss='log_loss'
linear_model decision three SGDClassifier three
linear_model decision plain SGDOneClassSVM -
linear_model predict real SGDRegressor -
linear_model predict real TheilSenRegressor - max_subpopulation=50
linear_model predict positive TweedieRegressor - power=1.5, link='log'
manifold transform plain Isomap - n_components=2
manifold transform plain LocallyLinearEmbedding - n_components=2
mixture proba plain BayesianGaussianMixture -
mixture proba plain GaussianMixture -
model_selection proba two GridSearchCV - estimator=LogisticRegression(), param_grid={'C': [1, 2]}, cv=2
model_selection proba two GridSearchCV nb estimator=GaussianNB(), param_grid={'var_smoothing': [1e-09, 1e-08]}, cv=2
model_selection proba two GridSearchCV pipeline estimator=Pipeline([('s', StandardScaler()), ('m', LogisticRegression())]), param_grid={'m__C': [1, 2]}, cv=2
model_selection proba two RandomizedSearchCV - estimator=LogisticRegression(), param_distributions={'C': [1, 2, 3]}, n_iter=2, cv=2
multiclass decision two OneVsOneClassifier - estimator=LogisticRegression()
multiclass proba two OneVsRestClassifier - estimator=LogisticRegression()
multiclass decision two OneVsRestClassifier svc estimator=LinearSVC()
multiclass predict two OutputCodeClassifier - estimator=GaussianNB()
multioutput proba two_by_two ClassifierChain - base_estimator=LogisticRegression()
multioutput proba two_by_two ClassifierChain nb base_estimator=GaussianNB()
multioutput proba two_by_two MultiOutputClassifier - estimator=LogisticRegression()
multioutput predict real_by_two MultiOutputRegressor - estimator=Ridge()
multioutput predict real_by_two RegressorChain - base_estimator=Ridge()
naive_bayes proba two BernoulliNB -
naive_bayes proba counts CategoricalNB -
naive_bayes proba two ComplementNB -
naive_bayes proba two GaussianNB -
naive_bayes proba two MultinomialNB -
neighbors proba two KNeighborsClassifier -
neighbors proba two KNeighborsClassifier ball algorithm='ball_tree'
neighbors proba two KNeighborsClassifier brute algorithm='brute'
neighbors proba two KNeighborsClassifier manhattan algorithm='kd_tree', metric='manhattan'
neighbors predict real KNeighborsRegressor -
neighbors scores plain KernelDensity -
neighbors scores plain KernelDensity ball algorithm='ball_tree'
neighbors decision plain LocalOutlierFactor - novelty=True
neighbors predict two NearestCentroid -
neighbors predict two NearestCentroid manhattan metric='manhattan'
neighbors predict two NearestCentroid shrink shrink_threshold=0.1
neighbors neighbors plain NearestNeighbors -
neighbors transform two NeighborhoodComponentsAnalysis - max_iter=2
neighbors proba two RadiusNeighborsClassifier - radius=5.0
neural_network transform plain BernoulliRBM - n_iter=1, n_components=2
neural_network proba two MLPClassifier - max_iter=3, hidden_layer_sizes=(4,)
neural_network proba two MLPClassifier early max_iter=3, hidden_layer_sizes=(4,), early_stopping=True
neural_network predict real MLPRegressor - max_iter=3, hidden_layer_sizes=(4,)
pipeline transform plain FeatureUnion - transformer_list=[('s', StandardScaler())]
pipeline proba two Pipeline - steps=[('s', StandardScaler()), ('m', LogisticRegression())]
pipeline proba gaps Pipeline forest steps=[('i', SimpleImputer()), ('m', RandomForestClassifier(n_estimators=3))]
pipeline proba mixed Pipeline mixed steps=[('c', ColumnTransformer([('s', StandardScaler(), [0]), ('o', OneHotEncoder(handle_unknown='ignore'), [1])])), ('m', LogisticRegression())]
pipeline proba two Pipeline passthrough steps=[('s', 'passthrough'), ('m', GaussianNB())]
pipeline proba text Pipeline text steps=[('t', TfidfVectorizer()), ('m', MultinomialNB())]
preprocessing transform plain Binarizer -
preprocessing transform plain FunctionTransformer -
preprocessing transform plain FunctionTransformer validate validate=True
preprocessing transform plain KBinsDiscretizer -
preprocessing transform plain KBinsDiscretizer dense encode='onehot-dense'
preprocessing transform plain KBinsDiscretizer ordinal encode='ordinal'
preprocessing transform labels LabelBinarizer -
preprocessing transform labels LabelEncoder -
preprocessing transform plain MaxAbsScaler -
preprocessing transform plain MinMaxScaler -
preprocessing transform lists MultiLabelBinarizer -
preprocessing transform plain Normalizer -
preprocessing transform words OneHotEncoder -
preprocessing transform words OneHotEncoder binary drop='if_binary'
preprocessing transform words OneHotEncoder dense sparse_output=False
preprocessing transform words OneHotEncoder densewas sparse=False
preprocessing transform words OneHotEncoder drop drop='first'
preprocessing transform words OneHotEncoder ignore handle_unknown='ignore'
preprocessing transform words OneHotEncoder infrequent min_frequency=2, handle_unknown='infrequent_if_exist'
preprocessing transform words OrdinalEncoder -
preprocessing transform words OrdinalEncoder max max_categories=2
preprocessing transform words OrdinalEncoder unknown handle_unknown='use_encoded_value', unknown_value=-1
preprocessing transform plain PolynomialFeatures -
preprocessing transform plain PolynomialFeatures inter interaction_only=True
preprocessing transform plain PowerTransformer -
preprocessing transform plain PowerTransformer unscaled standardize=False
preprocessing transform plain QuantileTransformer - n_quantiles=10
preprocessing transform plain RobustScaler -
preprocessing transform plain SplineTransformer -
preprocessing transform plain SplineTransformer periodic extrapolation='periodic'
preprocessing transform plain StandardScaler -
preprocessing transform two TargetEncoder -
random_projection transform plain GaussianRandomProjection - n_components=2
random_projection transform plain SparseRandomProjection - n_components=2
semi_supervised proba two LabelPropagation -
semi_supervised proba two LabelSpreading -
semi_supervised proba two SelfTrainingClassifier - estimator=GaussianNB()
svm decision two LinearSVC -
svm predict real LinearSVR -
svm decision two NuSVC -
svm predict real NuSVR -
svm decision plain OneClassSVM -
svm decision two SVC -
svm proba two SVC probability probability=True
svm predict real SVR -
tree proba two DecisionTreeClassifier - max_depth=3
tree proba two_by_two DecisionTreeClassifier multi max_depth=3
tree proba two DecisionTreeClassifier random splitter='random'
tree proba three DecisionTreeClassifier three max_depth=3
tree predict real DecisionTreeRegressor - max_depth=3
tree predict real DecisionTreeRegressor abs criterion='absolute_error'
tree predict real DecisionTreeRegressor random splitter='random'
tree proba two ExtraTreeClassifier -
tree proba two ExtraTreeClassifier best splitter='best'
tree predict real ExtraTreeRegressor -
"""
METHODS = {
    "predict": ("predict",),
    "proba": ("predict", "predict_proba"),
    "decision": ("predict", "decision_function"),
    "transform": ("transform",),
    "scores": ("score_samples",),
    "neighbors": ("kneighbors",),
}

rng = np.random.RandomState(0)
X = rng.rand(40, 4).round(2)
Y = (X[:, 0] > 0.5).astype(int)
T = X[:, 0] * 2 + X[:, 1]
GAPS = np.where(rng.rand(40, 4) < 0.1, np.nan, X)
TEXT = ["a cat sat", "a dog ran", "the cat ran", "the dog sat"] * 5
WORDS = np.array([["a"], ["b"], ["c"], ["a"]], dtype=object)
MIXED = np.array([[i * 0.5, "ab"[i % 2]] for i in range(20)], dtype=object)
# What an estimator is fitted on, and what a request sends.
DATA = {
    "plain": ((X,), X[:3]),
    "two": ((X, Y), X[:3]),
    "three": ((X, np.digitize(X[:, 0], [0.33, 0.66])), X[:3]),
    "real": ((X, T), X[:3]),
    "positive": ((X, T + 1), X[:3]),
    "gaps": ((GAPS, Y), GAPS[:3]),
    "counts": (((X * 3).astype(int), Y), (X[:3] * 3).astype(int)),
    "single": ((X[:, 0], T), X[:3, 0]),
    "two_by_two": ((X, np.c_[Y, 1 - Y]), X[:3]),
    "real_by_two": ((X, np.c_[T, 1 - T]), X[:3]),
    "text": ((TEXT, [0, 1] * 10), TEXT[:2]),
    "words": ((WORDS,), WORDS[:2]),
    "mixed": ((MIXED, [0, 1, 1, 0] * 5), MIXED[:2]),
    "labels": ((["a", "b", "a"],), ["a"]),
    "lists": (([["a", "b"], ["b"]],), [["a"]]),
    "dicts": (([{"a": 1, "b": 2}, {"a": 3}],), [{"a": 1}]),
}


class Case:
    def __init__(self, line):
        self.module, self.use, self.data, self.kind, variant = line.split(" ")[:5]
        self.settings = line.split(" ", 5)[5] if line.count(" ") > 4 else ""
        self.name = "%s-%s%s" % (self.use, self.kind, "" if variant == "-" else "-" + variant)


CASES = {case.name: case for case in map(Case, TABLE.strip().splitlines())}
OBJECTS = list(CASES)


def found(kind):
    """Return a class by its bare name."""
    module = next(c.module for c in CASES.values() if c.kind == kind)
    return getattr(__import__("sklearn." + module, fromlist=[kind]), kind)


class Kinds(dict):
    def __missing__(self, kind):
        return found(kind)


def made(case):
    kind = found(case.kind)
    settings = eval("dict(%s)" % case.settings, Kinds(dict=dict))
    known = inspect.signature(kind.__init__).parameters
    if "random_state" in known:
        settings["random_state"] = 0  # so that no random generator is kept, whose pickles depend on NumPy
    for was, now in (("base_estimator", "estimator"), ("estimator", "base_estimator")):
        if was in settings and was not in known and now in known:
            settings[now] = settings.pop(was)
    return kind(**settings)


def write(name, path):
    case = CASES[name]
    model = made(case).fit(*DATA[case.data][0])
    with open(path, "wb") as file:
        pickle.dump(model, file, protocol=4)


def load(path):
    with open(path, "rb") as file:
        return pickle.load(file)


def read(name, path):
    warnings.simplefilter("ignore")  # each version warns of each other: that says nothing of a pair
    case = CASES[name]
    model = step("load", load, path)
    failed = []
    for method in METHODS[case.use]:
        try:
            step(method, lambda m=method: getattr(model, m)(DATA[case.data][1]))
        except Failed as failure:
            failed.append(failure)
    if failed:
        raise Failed(" ".join(f.at for f in failed), failed[0].error)


def read_all(folder):
    """Return what became of every object: read in one process, and each in its own only where that one dies."""
    names = sorted(os.listdir(folder))
    together = apart(lambda: {n: _told(lambda: read(n, os.path.join(folder, n))) for n in names}, seconds=600)
    if "error" not in together:
        return together
    return {n: apart(lambda n=n: read(n, os.path.join(folder, n))) for n in names}


if __name__ == "__main__":
    for case in CASES.values():  # imported once, and not in each of the processes
        try:
            __import__("sklearn." + case.module)
        except ImportError:
            pass
    if sys.argv[1] == "read":
        print(json.dumps(read_all(sys.argv[2])))
    else:
        main(write, read)
