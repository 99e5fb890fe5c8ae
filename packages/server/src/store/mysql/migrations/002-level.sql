-- 0.4.5 made it TINYINT UNSIGNED, which can hold neither -5 nor 1000. On a table that has it, this copies the table; on
-- a new one it changes nothing. The collations of name and message stay what they were.
ALTER TABLE record MODIFY level INT NOT NULL COMMENT 'log record level';
