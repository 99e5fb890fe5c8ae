"""Formats by Python's % what stands on standard input as JSON: a list of [template, arguments].

Answers null for an error, and false where a character is too new for this Python, so that it cannot know how to show it.
"""
import json
import sys
import unicodedata


def value(given):
    if isinstance(given, dict):
        if "int" in given:
            return int(given["int"])
        if "float" in given:
            return float(given["float"])
        return {key: value(each) for key, each in given["mapping"]}
    return given


def too_new(given):
    return isinstance(given, str) and any(
        unicodedata.category(each) == "Cn" for each in given
    )


def result(template, arguments):
    if any(too_new(each) for each in arguments):
        return False
    values = tuple(value(each) for each in arguments)
    if len(values) == 1 and isinstance(values[0], dict):
        values = values[0]
    try:
        return template % values
    except (TypeError, ValueError, KeyError, OverflowError):
        return None


json.dump([result(*each) for each in json.load(sys.stdin)], sys.stdout)
