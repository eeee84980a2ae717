--@ provider
CREATE COLLATION c (provider = libc, locale = 'C');
--@ becomes
CREATE COLLATION c (provider = icu, locale = 'de');

--@ locale
CREATE COLLATION c (provider = icu, locale = 'de');
--@ becomes
CREATE COLLATION c (provider = icu, locale = 'fr');

--@ categories
CREATE COLLATION c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
--@ becomes
CREATE COLLATION c (provider = libc, lc_collate = 'POSIX', lc_ctype = 'C');

--@ deterministic
CREATE COLLATION c (provider = icu, locale = 'de');
--@ becomes
CREATE COLLATION c (provider = icu, locale = 'de', deterministic = false);

--@ rules, since 16
CREATE COLLATION c (provider = icu, locale = 'und', rules = '&a < g');
--@ becomes
CREATE COLLATION c (provider = icu, locale = 'und', rules = '&b < g');
