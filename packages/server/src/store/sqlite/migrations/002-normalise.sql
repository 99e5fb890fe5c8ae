-- 0.4.5 stored levels and times of any type, NULL messages, and NaN or Infinity, which are no JSON. From here on the
-- columns hold what their names say. repair_json is a function of this program.
UPDATE record SET level = CAST(level AS INTEGER) WHERE typeof(level) <> 'integer';
-- Beyond these a level is no number that JSON readers agree on.
UPDATE record SET level = max(-9007199254740991, min(9007199254740991, level))
WHERE level NOT BETWEEN -9007199254740991 AND 9007199254740991;
UPDATE record SET ts = CAST(ts AS INTEGER) WHERE typeof(ts) <> 'integer';
UPDATE record SET message = coalesce(CAST(message AS TEXT), '') WHERE typeof(message) <> 'text';
UPDATE record SET logrec = repair_json(logrec) WHERE json_valid(logrec) IS NOT 1;
