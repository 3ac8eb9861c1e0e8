"""What came or went between measured releases."""

from __future__ import annotations

from doctor.symbols import measured


def test_a_name_that_went():
    assert measured.has({"scikit-learn": "1.5.2"}, "sklearn.externals", "joblib").there is False
    assert measured.has({"scikit-learn": "0.21.3"}, "sklearn.externals", "joblib").there


def test_between_two_that_agree_and_outside():
    answer = measured.has({"scikit-learn": "1.5.1"}, "sklearn.externals", "joblib")
    assert answer.there is False
    assert "between" in answer.why
    assert measured.has({"scikit-learn": "99.0"}, "sklearn.externals", "joblib").there is None


def test_a_module_that_moved():
    packages = {"scikit-learn": "1.5.2"}
    assert measured.module(packages, "sklearn.cluster.k_means_").there is False
    assert measured.module(packages, "sklearn.cluster").there is None


def test_what_nobody_listed():
    assert "no list" in measured.has({"scikit-learn": "1.5.2"}, "acme.tools", "x").why
    assert measured.has({"scikit-learn": "1.5.2"}, "sklearn", "zebra").why == ""
