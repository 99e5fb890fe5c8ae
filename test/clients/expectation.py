"""What the server has to make of a log record that logging.handlers.HTTPHandler sends as a form.

This is written from the description in the API alone, and Python itself is the judge of what is a Python literal.
"""
import ast
import datetime

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


def expected(record):
    """The record as the API has to give it back; `*id` stands for whatever id it got."""
    fields = dict(record.__dict__)
    created = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc)
    message = fields.get('message', fields['msg'])
    logrec = {
        'meta': {key: value_of(text_of(fields[key])) for key in META if key in fields},
        'data': {key: value_of(text_of(fields[key])) for key in fields if key not in META + ELSEWHERE},
    }
    if fields.get('exc_text'):
        logrec['error'] = {key: value_of(text_of(fields[key])) for key in ('exc_info', 'exc_text')}
    # What looks like a literal stays text in the column; of the copy in meta nothing is said.
    if not isinstance(logrec['meta']['msg'], str) or logrec['meta']['msg'] != text_of(fields['msg']):
        logrec['meta']['msg'] = '*any'
    return {
        'id': '*id',
        'name': record.name,
        'ts': created.isoformat(' '),
        'level': record.levelno,
        'message': text_of(message),
        'logrec': {key: group for key, group in logrec.items() if group},
    }
