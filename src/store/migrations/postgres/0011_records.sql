-- One object at a time: revisions, who names whom, and answers that are given again.

-- Counts the writes of an object, withdrawals among them.
ALTER TABLE object ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;

-- Whoever names an object has its kind and id, a line apart, as another name.
INSERT INTO object_name (kind, name, id)
SELECT o.kind, 'ent' || chr(10) || (o.document::jsonb->>'ent'), o.id FROM object o
WHERE o.kind = 'lti' AND o.withdrawn = 0 AND o.document::jsonb->>'ent' IS NOT NULL
UNION SELECT o.kind, 'school' || chr(10) || s.value, o.id
FROM object o, jsonb_array_elements_text(coalesce(o.document::jsonb->'schools', '[]')) AS s(value)
WHERE o.kind = 'lti' AND o.withdrawn = 0
UNION SELECT o.kind, 'school' || chr(10) || s.value, o.id
FROM object o, jsonb_array_elements(coalesce(o.document::jsonb->'deployments', '[]')) AS d(value),
     jsonb_array_elements_text(coalesce(d.value->'schools', '[]')) AS s(value)
WHERE o.kind = 'lti' AND o.withdrawn = 0
UNION SELECT o.kind, 'ent' || chr(10) || e.value, o.id
FROM object o, jsonb_array_elements_text(coalesce(o.document::jsonb->'ents', '[]')) AS e(value)
WHERE o.kind = 'school' AND o.withdrawn = 0
UNION SELECT o.kind, 'organisation' || chr(10) || (o.document::jsonb->>'organisation'), o.id FROM object o
WHERE o.kind = 'sector' AND o.withdrawn = 0
UNION SELECT o.kind, 'sector' || chr(10) || (o.document::jsonb->>'sector'), o.id FROM object o WHERE o.kind = 'tool'
UNION SELECT o.kind, 'tool' || chr(10) || (o.document::jsonb->>'tool'), o.id FROM object o WHERE o.kind = 'resource'
UNION SELECT o.kind, 'resource' || chr(10) || (o.document::jsonb->>'family'), o.id FROM object o
WHERE o.kind = 'resource' AND o.document::jsonb->>'family' IS NOT NULL
UNION SELECT o.kind, 'resource' || chr(10) || (o.document::jsonb->>'resource'), o.id FROM object o
WHERE o.kind IN ('agreement', 'subscription') AND o.withdrawn = 0
UNION SELECT o.kind, 'organisation' || chr(10) || (o.document::jsonb->>'distributor'), o.id FROM object o
WHERE o.kind = 'subscription' AND o.withdrawn = 0 AND o.document::jsonb->>'distributor' IS NOT NULL
UNION SELECT o.kind, 'nature' || chr(10) || (o.document::jsonb#>>'{coverage,nature}'), o.id FROM object o
WHERE o.kind = 'subscription' AND o.withdrawn = 0 AND o.document::jsonb#>>'{coverage,nature}' IS NOT NULL
UNION SELECT o.kind, 'school' || chr(10) || s.value, o.id
FROM object o, jsonb_array_elements_text(coalesce(o.document::jsonb#>'{coverage,schools}', '[]')) AS s(value)
WHERE o.kind = 'subscription' AND o.withdrawn = 0;

-- Answers to requests that carry a key, for a day. One without a status is being worked on.
CREATE TABLE api_answer (
    account     TEXT   NOT NULL,
    request_key TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    began       BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    status      BIGINT,
    headers     TEXT,
    body        TEXT,
    PRIMARY KEY (account, request_key)
);
CREATE INDEX api_answer_by_expiry ON api_answer (expires);
