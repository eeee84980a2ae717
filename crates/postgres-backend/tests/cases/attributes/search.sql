--@ dictionary
CREATE TEXT SEARCH TEMPLATE mine (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, stopwords = english, accept = false);
CREATE TEXT SEARCH DICTIONARY e (TEMPLATE = simple, stopwords = english);
--@ becomes
CREATE TEXT SEARCH TEMPLATE mine (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, accept = true);
CREATE TEXT SEARCH DICTIONARY e (TEMPLATE = mine, stopwords = english);

--@ configuration
CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word, int WITH simple;
CREATE TEXT SEARCH CONFIGURATION d (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION d ADD MAPPING FOR word WITH simple;
--@ becomes
CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH english_stem, simple;
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR url WITH simple;
CREATE TEXT SEARCH CONFIGURATION d (PARSER = p);
ALTER TEXT SEARCH CONFIGURATION d ADD MAPPING FOR word WITH simple;

--@ template
CREATE TEXT SEARCH TEMPLATE one (LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH TEMPLATE two (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = two);
--@ becomes
CREATE TEXT SEARCH TEMPLATE one (LEXIZE = dispell_lexize);
CREATE TEXT SEARCH TEMPLATE two (INIT = dsynonym_init, LEXIZE = dsimple_lexize);

--@ parser
CREATE FUNCTION p_start(internal, integer) RETURNS internal LANGUAGE internal AS 'prsd_start';
CREATE FUNCTION p_next(internal, internal, internal) RETURNS internal LANGUAGE internal AS 'prsd_nexttoken';
CREATE FUNCTION p_end(internal) RETURNS void LANGUAGE internal AS 'prsd_end';
CREATE FUNCTION p_types(internal) RETURNS internal LANGUAGE internal AS 'prsd_lextype';
CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
--@ becomes
CREATE FUNCTION p_start(internal, integer) RETURNS internal LANGUAGE internal AS 'prsd_start';
CREATE FUNCTION p_next(internal, internal, internal) RETURNS internal LANGUAGE internal AS 'prsd_nexttoken';
CREATE FUNCTION p_end(internal) RETURNS void LANGUAGE internal AS 'prsd_end';
CREATE FUNCTION p_types(internal) RETURNS internal LANGUAGE internal AS 'prsd_lextype';
CREATE TEXT SEARCH PARSER p (START = p_start, GETTOKEN = p_next, END = p_end, LEXTYPES = p_types, HEADLINE = prsd_headline);

--@ numbers among the options of a dictionary
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, accept = 0);
--@ becomes
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, accept = 1, stopwords = 'english');
