-- A schema with a little of everything that depends on something.
CREATE SCHEMA nursery;
CREATE TYPE state AS ENUM ('seed', 'plant', 'gone');
CREATE DOMAIN height AS numeric(6,2) DEFAULT 0 CHECK (VALUE >= 0);
CREATE TYPE nursery.place AS (bed integer, spot text);
CREATE SEQUENCE nursery.labels INCREMENT 10;

CREATE FUNCTION nursery.label(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'L' || number $$;

CREATE TABLE gardener (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name varchar(80),
    born date,
    CHECK (email LIKE '%@%')
);
CREATE TABLE bed (
    id serial PRIMARY KEY,
    gardener_id bigint NOT NULL REFERENCES gardener ON DELETE CASCADE,
    label text DEFAULT nursery.label(nextval('nursery.labels')),
    size height NOT NULL,
    since timestamptz DEFAULT now(),
    UNIQUE (gardener_id, label)
);
CREATE TABLE plant (
    bed_id integer REFERENCES bed,
    number smallint,
    kind text COLLATE "C" NOT NULL,
    state state NOT NULL DEFAULT 'seed',
    tall height,
    double_tall numeric GENERATED ALWAYS AS (tall * 2) STORED,
    tags text[] DEFAULT '{}',
    at nursery.place,
    PRIMARY KEY (bed_id, number),
    CONSTRAINT gone_is_small CHECK (state <> 'gone' OR tall IS NULL)
);
CREATE INDEX ON plant (kind, state) WHERE state <> 'gone';
CREATE INDEX plant_tags ON plant USING gin (tags);
CREATE UNIQUE INDEX ON gardener (lower(email));
CREATE STATISTICS plant_kinds ON kind, state FROM plant;

CREATE TABLE harvest (
    taken date NOT NULL,
    bed_id integer REFERENCES bed ON DELETE SET NULL,
    weight numeric CHECK (weight > 0),
    PRIMARY KEY (taken, weight)
) PARTITION BY RANGE (taken);
CREATE TABLE harvest_2025 PARTITION OF harvest FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE harvest_rest PARTITION OF harvest DEFAULT;
CREATE INDEX ON harvest (bed_id);

CREATE TABLE tool (name text PRIMARY KEY, bought date);
CREATE TABLE machine (power integer NOT NULL) INHERITS (tool);

CREATE VIEW growing AS
    SELECT p.kind, p.state, b.label, g.name AS gardener
    FROM plant p JOIN bed b ON b.id = p.bed_id JOIN gardener g ON g.id = b.gardener_id
    WHERE p.state = 'plant';
CREATE VIEW gardeners AS SELECT gardener, count(*) AS plants FROM growing GROUP BY gardener;
CREATE MATERIALIZED VIEW yearly AS
    SELECT extract(year FROM taken)::integer AS year, sum(weight) AS weight FROM harvest GROUP BY 1;
CREATE UNIQUE INDEX ON yearly (year);
ALTER MATERIALIZED VIEW yearly CLUSTER ON yearly_year_idx;

CREATE FUNCTION tall_plants(state) RETURNS SETOF plant LANGUAGE sql STABLE AS $$
    SELECT * FROM plant WHERE state = $1 AND tall > 100
$$;
CREATE FUNCTION nursery.grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.tall := coalesce(NEW.tall, 0) + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER grow BEFORE UPDATE OF state ON plant
    FOR EACH ROW WHEN (NEW.state = 'plant') EXECUTE FUNCTION nursery.grow();
CREATE RULE no_tools AS ON DELETE TO tool WHERE OLD.bought IS NULL DO INSTEAD NOTHING;
ALTER TABLE bed ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON bed USING (gardener_id = current_setting('garden.gardener', true)::bigint);
GRANT SELECT ON growing TO PUBLIC;
GRANT UPDATE (label) ON bed TO PUBLIC;
COMMENT ON TABLE bed IS 'where plants grow';
COMMENT ON COLUMN plant.tall IS 'in cm';
COMMENT ON FUNCTION nursery.grow() IS 'one more';
-- A body that finds its names by another search path than that of whoever makes it anew.
SET search_path = nursery, public;
CREATE FUNCTION nursery.first_place() RETURNS place LANGUAGE sql AS $$ SELECT ROW(1, 'left')::place $$;
RESET search_path;
