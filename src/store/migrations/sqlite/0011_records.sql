-- One object at a time: revisions, who names whom, and answers that are given again.

-- Counts the writes of an object, withdrawals among them.
ALTER TABLE object ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

-- Whoever names an object has its kind and id, a line apart, as another name.
INSERT INTO object_name (kind, name, id)
SELECT o.kind, 'ent' || char(10) || (o.document->>'$.ent'), o.id FROM object o
WHERE o.kind = 'lti' AND o.withdrawn = 0 AND o.document->>'$.ent' IS NOT NULL
UNION SELECT o.kind, 'school' || char(10) || s.value, o.id FROM object o, json_each(o.document, '$.schools') s
WHERE o.kind = 'lti' AND o.withdrawn = 0
UNION SELECT o.kind, 'school' || char(10) || s.value, o.id
FROM object o, json_each(o.document, '$.deployments') d, json_each(d.value, '$.schools') s
WHERE o.kind = 'lti' AND o.withdrawn = 0
UNION SELECT o.kind, 'ent' || char(10) || e.value, o.id FROM object o, json_each(o.document, '$.ents') e
WHERE o.kind = 'school' AND o.withdrawn = 0
UNION SELECT o.kind, 'organisation' || char(10) || (o.document->>'$.organisation'), o.id FROM object o
WHERE o.kind = 'sector' AND o.withdrawn = 0
UNION SELECT o.kind, 'sector' || char(10) || (o.document->>'$.sector'), o.id FROM object o WHERE o.kind = 'tool'
UNION SELECT o.kind, 'tool' || char(10) || (o.document->>'$.tool'), o.id FROM object o WHERE o.kind = 'resource'
UNION SELECT o.kind, 'resource' || char(10) || (o.document->>'$.family'), o.id FROM object o
WHERE o.kind = 'resource' AND o.document->>'$.family' IS NOT NULL
UNION SELECT o.kind, 'resource' || char(10) || (o.document->>'$.resource'), o.id FROM object o
WHERE o.kind IN ('agreement', 'subscription') AND o.withdrawn = 0
UNION SELECT o.kind, 'organisation' || char(10) || (o.document->>'$.distributor'), o.id FROM object o
WHERE o.kind = 'subscription' AND o.withdrawn = 0 AND o.document->>'$.distributor' IS NOT NULL
UNION SELECT o.kind, 'nature' || char(10) || (o.document->>'$.coverage.nature'), o.id FROM object o
WHERE o.kind = 'subscription' AND o.withdrawn = 0 AND o.document->>'$.coverage.nature' IS NOT NULL
UNION SELECT o.kind, 'school' || char(10) || s.value, o.id
FROM object o, json_each(o.document, '$.coverage.schools') s
WHERE o.kind = 'subscription' AND o.withdrawn = 0;

-- Answers to requests that carry a key, for a day. One without a status is being worked on.
CREATE TABLE api_answer (
    account     TEXT    NOT NULL,
    request_key TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    began       INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    status      INTEGER,
    headers     TEXT,
    body        TEXT,
    PRIMARY KEY (account, request_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_answer_by_expiry ON api_answer (expires);
