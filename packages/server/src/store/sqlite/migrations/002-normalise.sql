-- 0.4.5 stored levels and times of any type, NULL messages, and NaN or Infinity, which are no JSON. From here on the
-- columns hold what their names say. repair_json is a function of this program.
UPDATE record SET level = CAST(level AS INTEGER) WHERE typeof(level) <> 'integer';
UPDATE record SET ts = CAST(ts AS INTEGER) WHERE typeof(ts) <> 'integer';
UPDATE record SET message = coalesce(CAST(message AS TEXT), '') WHERE typeof(message) <> 'text';
UPDATE record SET logrec = repair_json(logrec) WHERE json_valid(logrec) IS NOT 1;
