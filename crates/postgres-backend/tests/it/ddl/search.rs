//! Text search: parsers, templates, dictionaries, configurations, and what is over them.

use super::types::{Pair, check};

#[test]
fn options_of_dictionaries_and_mappings_are_altered_in_place() {
    check(Pair {
        before: "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, stopwords = english, accept = false);
                 CREATE TEXT SEARCH DICTIONARY e (TEMPLATE = simple);
                 CREATE TEXT SEARCH CONFIGURATION c (PARSER = \"default\");
                 ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word, asciiword, int WITH d, simple;
                 ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR url WITH simple;
                 COMMENT ON TEXT SEARCH CONFIGURATION c IS 'ours';
                 COMMENT ON TEXT SEARCH DICTIONARY d IS 'ours, too'",
        after: "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, accept = true);
                CREATE TEXT SEARCH DICTIONARY e (TEMPLATE = simple, stopwords = english);
                CREATE TEXT SEARCH CONFIGURATION c (PARSER = \"default\");
                ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word, asciiword WITH e, simple;
                ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR url, email WITH simple;
                COMMENT ON TEXT SEARCH CONFIGURATION c IS 'it''s ours'",
        says: &[
            "ALTER TEXT SEARCH DICTIONARY \"d\" (\"stopwords\", \"accept\" = 'true')",
            "ALTER TEXT SEARCH DICTIONARY \"e\" (\"stopwords\" = 'english')",
            "DROP MAPPING FOR \"int\"",
            "ALTER MAPPING FOR \"asciiword\", \"word\"\n    WITH \"e\", \"simple\"",
            "ADD MAPPING FOR \"email\" WITH \"simple\"",
            "COMMENT ON TEXT SEARCH DICTIONARY \"d\" IS NULL",
        ],
        says_not: &["CREATE TEXT SEARCH", "DROP TEXT SEARCH", "\"url\""],
        ..Pair::default()
    });
}

const PARSER: &str =
    "(START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype";

#[test]
fn parsers_and_templates_are_made_anew_with_what_is_over_them() {
    let state = |headline: &str, init: &str, config: &str| {
        format!(
            "CREATE TEXT SEARCH PARSER p {PARSER}{headline});
             CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize{init});
             CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = t);
             CREATE TEXT SEARCH CONFIGURATION c (PARSER = {config});
             ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword WITH d;
             COMMENT ON TEXT SEARCH PARSER p IS 'p'; COMMENT ON TEXT SEARCH TEMPLATE t IS 't';
             COMMENT ON TEXT SEARCH DICTIONARY d IS 'd'; COMMENT ON TEXT SEARCH CONFIGURATION c IS 'c';
             CREATE TABLE docs (id int, body text, words tsvector DEFAULT to_tsvector('c', 'none'),
                 found tsvector GENERATED ALWAYS AS (to_tsvector('c', body)) STORED,
                 CHECK (to_tsvector('c', body) <> ''::tsvector));
             CREATE INDEX docs_words ON docs USING gin (to_tsvector('c', body));
             CREATE VIEW v AS SELECT to_tsvector('c', body) AS words FROM docs;
             COMMENT ON VIEW v IS 'kept'; COMMENT ON INDEX docs_words IS 'kept'"
        )
    };
    let plain = state("", ", INIT = dsimple_init", "p");
    for other in [
        state(", HEADLINE = prsd_headline", ", INIT = dsimple_init", "p"),
        state("", ", INIT = dsimple_init", "\"default\""),
    ] {
        check(Pair {
            before: &plain,
            after: &other,
            rows: "INSERT INTO docs (id, body) VALUES (1, 'Words of Ours')",
            kept: Some((
                "SELECT id || body || words || found AS text FROM docs",
                "1Words of Ours'none':1'of':2 'ours':3 'words':1",
            )),
            says: &[
                "DROP TEXT SEARCH CONFIGURATION \"c\"",
                "DROP VIEW \"v\"",
                "SET DEFAULT",
            ],
            ..Pair::default()
        });
    }
}

#[test]
fn a_dictionary_with_another_template_is_made_anew() {
    let state = |template: &str| {
        format!(
            "CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize, INIT = dsimple_init);
             CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = {template}, stopwords = 'english');
             CREATE TEXT SEARCH CONFIGURATION c (PARSER = \"default\");
             ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword WITH d;
             CREATE TABLE docs (body text);
             CREATE INDEX docs_words ON docs USING gin (to_tsvector('c', body))"
        )
    };
    check(Pair {
        before: &state("simple"),
        after: &state("t"),
        says: &[
            "DROP TEXT SEARCH DICTIONARY \"d\"",
            "DROP INDEX \"docs_words\"",
        ],
        ..Pair::default()
    });
}

#[test]
fn text_search_is_renamed_and_moved() {
    check(Pair {
        before: &format!(
            "CREATE TEXT SEARCH PARSER p {PARSER});
             CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize);
             CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = t);
             CREATE TEXT SEARCH CONFIGURATION c (PARSER = p);
             ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword WITH d;
             COMMENT ON TEXT SEARCH DICTIONARY d IS 'd'"
        ),
        after: &format!(
            "CREATE TEXT SEARCH PARSER \"P \"\"1\" {PARSER});
             CREATE TEXT SEARCH TEMPLATE \"select\" (LEXIZE = dsimple_lexize);
             CREATE TEXT SEARCH DICTIONARY \"D 🐘\" (TEMPLATE = \"select\");
             CREATE TEXT SEARCH CONFIGURATION \"C \"\"1\" (PARSER = \"P \"\"1\");
             ALTER TEXT SEARCH CONFIGURATION \"C \"\"1\" ADD MAPPING FOR asciiword WITH \"D 🐘\";
             COMMENT ON TEXT SEARCH DICTIONARY \"D 🐘\" IS 'd'"
        ),
        hints: &[
            ("search_parser:public.\"P \"\"1\"", "search_parser:public.p"),
            (
                "search_template:public.\"select\"",
                "search_template:public.t",
            ),
            (
                "search_dictionary:public.\"D 🐘\"",
                "search_dictionary:public.d",
            ),
            (
                "search_configuration:public.\"C \"\"1\"",
                "search_configuration:public.c",
            ),
        ],
        says: &["ALTER TEXT SEARCH TEMPLATE \"t\" RENAME TO \"select\""],
        says_not: &["CREATE", "DROP", "COMMENT"],
        ..Pair::default()
    });
}

#[test]
fn hostile_names_and_values_of_text_search_survive() {
    let long = "é".repeat(31);
    check(Pair {
        after: &format!(
            "CREATE SCHEMA \"My \"\"s\";
             CREATE TEXT SEARCH PARSER \"My \"\"s\".\"p'1\" {PARSER});
             CREATE TEXT SEARCH TEMPLATE \"My \"\"s\".\"{long}\"
                 (INIT = dsimple_init, LEXIZE = dsimple_lexize);
             CREATE TEXT SEARCH DICTIONARY \"My \"\"s\".\"table\" (TEMPLATE = \"My \"\"s\".\"{long}\",
                 accept = false);
             CREATE TEXT SEARCH CONFIGURATION \"My \"\"s\".\"C\" (PARSER = \"My \"\"s\".\"p'1\");
             ALTER TEXT SEARCH CONFIGURATION \"My \"\"s\".\"C\"
                 ADD MAPPING FOR asciiword WITH \"My \"\"s\".\"table\", english_stem;
             COMMENT ON TEXT SEARCH CONFIGURATION \"My \"\"s\".\"C\" IS 'it''s';
             COMMENT ON TEXT SEARCH PARSER \"My \"\"s\".\"p'1\" IS 'p'"
        ),
        ..Pair::default()
    });
}

#[test]
fn a_dictionary_may_be_of_an_extensions_template() {
    check(Pair {
        after: "CREATE EXTENSION unaccent;
                CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = unaccent, rules = 'unaccent');
                CREATE TEXT SEARCH CONFIGURATION c (COPY = pg_catalog.french);
                ALTER TEXT SEARCH CONFIGURATION c ALTER MAPPING FOR hword, word WITH unaccent, d, french_stem",
        says: &["CREATE TEXT SEARCH CONFIGURATION \"c\" (PARSER = \"default\")"],
        says_not: &["CREATE TEXT SEARCH DICTIONARY \"unaccent\""],
        ..Pair::default()
    });
}
