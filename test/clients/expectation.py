"""What the server has to make of a log record that is sent to it, written from the description of the API alone.

In a form, as logging.handlers.HTTPHandler sends it, values are Python literals or text, and Python itself is the judge of
what is a literal. In JSON, as chronologer.client sends it, they are what Python's json makes of them.
"""
import ast
import datetime
import json

META = [
    'msg', 'args', 'pathname', 'filename', 'module', 'stack_info', 'lineno', 'funcName', 'msecs', 'relativeCreated',
    'thread', 'threadName', 'processName', 'process', 'taskName', 'origname',
]
# name, created and levelno have columns of their own; levelname and asctime follow from them.
ELSEWHERE = ['name', 'levelno', 'created', 'message', 'levelname', 'asctime', 'exc_info', 'exc_text']


def text_of(value):
    """How urllib.parse.urlencode writes a value."""
    return value.decode('utf-8') if isinstance(value, bytes) else str(value)


def value_of(text):
    """A Python literal becomes its value, everything else stays text."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
    return json_form(value, text)


def json_form(value, source):
    if value is None or isinstance(value, (bool, str, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [json_form(item, repr(item)) for item in value]
    if isinstance(value, dict):
        return {key_form(key): json_form(item, repr(item)) for key, item in value.items()}
    return source


def key_form(key):
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: 'null', True: 'true', False: 'false'}[key]
    return repr(key)


def json_value(value):
    """NaN and the infinities, which Python writes bare, become texts; what JSON cannot express is sent as str() has it."""
    return json.loads(json.dumps(value, default=str), parse_constant=str)


def form_value(value):
    return value_of(text_of(value))


def expected(record, read):
    """The record as the API has to give it back, `read` being form_value or json_value; `*id` stands for any id."""
    fields = dict(record.__dict__)
    created = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc)
    logrec = {
        'meta': {key: read(fields[key]) for key in META if key in fields},
        'data': {key: read(fields[key]) for key in fields if key not in META + ELSEWHERE},
    }
    if fields.get('exc_text'):
        logrec['error'] = {key: read(fields[key]) for key in ('exc_info', 'exc_text')}
    # What looks like a literal stays text in the column; of the copy in meta nothing is said.
    if logrec['meta']['msg'] != text_of(fields['msg']):
        logrec['meta']['msg'] = '*any'
    return {
        'id': '*id',
        'name': record.name,
        'ts': created.isoformat(' '),
        'level': record.levelno,
        'message': text_of(fields.get('message', fields['msg'])),
        'logrec': {key: group for key, group in logrec.items() if group},
    }
