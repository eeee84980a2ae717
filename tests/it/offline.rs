//! Scripts in place of runs: what `psql` makes of them is what a run would have left.

use std::sync::Arc;

use limbeck::prelude::*;
use limbeck::{ErrorKind, Migration, OnUnprintable, Revision, Script, SqlMigration, from_diesel};
use limbeck_core::revision::sql_digest;

use crate::project::{PASSWORD, Project};
use crate::support::{TestDatabase, own_server};

/// A revision over others; its way down drops what its way up makes.
fn revision(id: &str, parents: &[&str], up: &str, down: &str) -> SqlMigration {
    let id = id.parse().expect("an identifier");
    let mut revision = Revision::new(id, sql_digest(up));
    revision.message = format!("make {}; it''s -- \\ :USER\nof two lines", revision.id);
    revision.parents = parents
        .iter()
        .map(|parent| parent.parse().expect("an identifier"))
        .collect();
    SqlMigration {
        revision,
        up: up.to_owned().into(),
        down: Some(down.to_owned().into()),
    }
}

fn table(id: &str, parents: &[&str]) -> SqlMigration {
    revision(
        id,
        parents,
        &format!("CREATE TABLE t_{id} (id int);"),
        &format!("DROP TABLE t_{id}; -- gone"),
    )
}

fn bundle(name: &str, migrations: impl IntoIterator<Item = SqlMigration>) -> Bundle {
    let mut bundle = Bundle::new(name);
    bundle.migrations = migrations
        .into_iter()
        .map(|migration| Arc::new(migration) as Arc<dyn Migration>)
        .collect();
    bundle
}

/// `aaaa`; on it `bbbb`, the branch `shop`, with `cccc`, and `xxxx`; `mmmm` over these two, `nnnn` on it; and another
/// root, `zzzz`, that depends on `bbbb`, with `yyyy`.
fn forked() -> Migrator {
    let mut shop = table("bbbb", &["aaaa"]);
    shop.revision.branch_labels = vec!["shop".to_owned()];
    // What psql and the server may take otherwise than it stands here.
    let odd = revision(
        "cccc",
        &["bbbb"],
        "CREATE FUNCTION f(n int) RETURNS int[] LANGUAGE sql AS $limbeck$ SELECT (ARRAY[1, 2, 3])[1:n] -- :n \\n
         $limbeck$;
         CREATE TABLE odd AS SELECT (ARRAY[1, 2, 3])[1:n] AS part, E'a\\'b' AS quoted, ':USER' AS literal, 'ü' AS letter
             FROM (SELECT 2 AS n, 1 AS \"USER\") AS given WHERE (ARRAY[1, 2])[1:\"USER\"] IS NOT NULL",
        "DROP TABLE odd;\nDROP FUNCTION f /* with (1:n) */ (int)",
    );
    // What it sets for the session is nothing that those after it see.
    let setting = revision(
        "xxxx",
        &["aaaa"],
        "SET search_path = pg_catalog; SET work_mem = '3MB'; SET lock_timeout = '7s'; SET ROLE pg_monitor; \
         SET LOCAL check_function_bodies = off; RESET ROLE; CREATE TABLE public.t_xxxx ()",
        "SET statement_timeout = '1min'; DROP TABLE t_xxxx",
    );
    let mut merge = revision(
        "mmmm",
        &["cccc", "xxxx"],
        "CREATE TABLE seen AS SELECT name, current_setting(name) AS value FROM unnest(ARRAY['search_path', 'work_mem', \
         'lock_timeout', 'statement_timeout', 'role', 'check_function_bodies']) AS name",
        "DROP TABLE seen",
    );
    merge.revision.statement_timeout = Some(std::time::Duration::from_secs(77));
    merge.revision.breaking = true;
    let mut apart = table("zzzz", &[]);
    apart.revision.depends_on = vec!["bbbb".parse().expect("a dependency")];
    let odd_head = revision(
        "nnnn",
        &["mmmm"],
        "RESET ALL; CREATE TABLE t_nnnn ()",
        "DROP TABLE t_nnnn",
    );
    Migrator::new(bundle(
        "app",
        [
            table("aaaa", &[]),
            shop,
            odd,
            setting,
            merge,
            odd_head,
            apart,
            table("yyyy", &["zzzz"]),
        ],
    ))
}

/// What a database holds: its objects, what one of the revisions saw, the history table and all columns of its rows;
/// of the times only whether there are any.
fn state(database: &TestDatabase) -> Vec<String> {
    let mut state = database.catalog();
    state.extend(database.lines(
        "SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                pg_get_expr(d.adbin, d.adrelid)) AS line
         FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = to_regclass('public.limbeck_revision') AND a.attnum > 0
         UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index
         WHERE indrelid = to_regclass('public.limbeck_revision')
         UNION ALL SELECT coalesce(obj_description(to_regclass('public.limbeck_revision')), 'none')
         ORDER BY line",
    ));
    for (table, query) in [
        (
            "limbeck_revision",
            "SELECT (to_jsonb(h) - ARRAY['applied_at', 'duration_us']
                || jsonb_build_object('at', h.applied_at BETWEEN now() - interval '1 hour' AND clock_timestamp(),
                                      'took', h.duration_us BETWEEN 0 AND 60000000))::text AS line
             FROM public.limbeck_revision AS h ORDER BY bundle, placement, revision",
        ),
        ("seen", "SELECT s::text AS line FROM seen AS s ORDER BY 1"),
        ("odd", "SELECT o::text AS line FROM odd AS o"),
    ] {
        let asked = format!("SELECT to_regclass('public.{table}')::text AS line WHERE to_regclass('public.{table}') IS NOT NULL");
        if !database.lines(&asked).is_empty() {
            state.extend(database.lines(query));
        }
    }
    state
}

/// A way, up or down.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// Brings two databases to the same start, one of them on by a run and the other by a script.
#[track_caller]
fn check_of(migrator: &Migrator, way: Way, start: &[&str], range: &str, steps: &str) {
    let ran = TestDatabase::new();
    let scripted = TestDatabase::new();
    for database in [&ran, &scripted] {
        for target in start {
            migrator
                .upgrade(&mut database.connect(), target)
                .expect("it goes up");
        }
    }
    let target = range.rsplit_once(':').map_or(range, |(_, target)| target);
    let mut connection = ran.connect();
    let (report, script) = match way {
        Way::Up => (
            migrator.upgrade(&mut connection, target),
            migrator.upgrade_script(range, OnUnprintable::Refuse),
        ),
        Way::Down => (
            migrator.downgrade(&mut connection, target),
            migrator.downgrade_script(range, OnUnprintable::Refuse),
        ),
    };
    let report = report.expect("it runs");
    let script = script.expect("it is printed");
    let of = |bundle: &str, revision: &limbeck::RevisionId| match bundle {
        "app" => revision.to_string(),
        bundle => format!("{bundle}:{revision}"),
    };
    let planned = script
        .steps
        .iter()
        .map(|one| of(&one.bundle, &one.revision));
    assert_eq!(planned.collect::<Vec<_>>().join(" "), steps, "{range}");
    let done = report
        .applied
        .iter()
        .map(|one| of(&one.bundle, &one.revision));
    assert_eq!(done.collect::<Vec<_>>().join(" "), steps, "{range}");
    let told = scripted.psql(&script.sql);
    assert_eq!(told, (0, String::new()), "{range}: {}", script.sql);
    assert_eq!(state(&scripted), state(&ran), "{range}");
    // Nobody who comes after sees a difference either.
    let mut connection = scripted.connect();
    let report = migrator.current(&mut connection).expect("it is read");
    assert!(report.bundles.iter().all(|bundle| bundle.edited.is_empty()));
    // It goes on from where it was, and so not a second time.
    if !script.steps.is_empty() {
        let before = state(&scripted);
        let (code, told) = scripted.psql(&script.sql);
        assert_eq!(code, 3, "{told}");
        assert!(told.contains("limbeck: this script goes on from"), "{told}");
        assert_eq!(state(&scripted), before, "{range}");
    }
}

#[track_caller]
fn check(way: Way, start: &[&str], range: &str, steps: &str) {
    check_of(&forked(), way, start, range, steps);
}

#[test]
fn a_script_up_leaves_what_a_run_leaves() {
    let all = "aaaa bbbb xxxx cccc mmmm nnnn zzzz yyyy";
    let script = forked().upgrade_script("heads", OnUnprintable::Refuse);
    let steps = script.expect("it is printed").steps;
    let order: Vec<String> = steps.iter().map(|step| step.revision.to_string()).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let mut expected: Vec<&str> = all.split(' ').collect();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    check(Way::Up, &[], "heads", &order.join(" "));
    check(Way::Up, &[], "base:shop@cccc", "aaaa bbbb cccc");
    check(Way::Up, &["bbbb"], "shop:cccc", "cccc");
    check(Way::Up, &["bbbb", "xxxx"], "bbbb,xxxx:mmmm", "cccc mmmm");
    check(Way::Up, &["cccc", "xxxx"], "cccc xxxx:nnnn", "mmmm nnnn");
    check(Way::Up, &["zzzz"], "zzzz:mmmm", "xxxx cccc mmmm");
    check(Way::Up, &["xxxx"], "xxxx:yyyy", "bbbb zzzz yyyy");
    check(Way::Up, &["mmmm"], "mmmm:+1", "nnnn");
    check(Way::Up, &["aaaa"], "aaaa:aaaa", "");
}

#[test]
fn a_script_down_leaves_what_a_run_leaves() {
    check(Way::Down, &["aaaa"], "aaaa:base", "aaaa");
    check(Way::Down, &["nnnn"], "nnnn:mmmm", "nnnn");
    check(Way::Down, &["nnnn"], "nnnn:-2", "nnnn mmmm");
    check(Way::Down, &["mmmm"], "mmmm:cccc", "mmmm");
    check(Way::Down, &["mmmm", "yyyy"], "mmmm,yyyy:zzzz", "yyyy");
    check(Way::Down, &["heads"], "heads:zzzz@base", "yyyy zzzz");
    check(
        Way::Down,
        &["cccc", "zzzz"],
        "cccc,zzzz:aaaa",
        "cccc zzzz bbbb",
    );
}

#[test]
fn there_and_back_a_script_leaves_nothing_but_its_table() {
    let (migrator, database) = (forked(), TestDatabase::new());
    let empty = database.catalog();
    let up = migrator.upgrade_script("heads", OnUnprintable::Refuse);
    let down = migrator.downgrade_script("heads:base", OnUnprintable::Refuse);
    for script in [up, down] {
        let script = script.expect("it is printed");
        assert_eq!(database.psql(&script.sql), (0, String::new()));
    }
    assert_eq!(database.catalog(), empty);
    assert_eq!(database.history(), [""; 0]);
}

/// An application on a library, each in a schema of its own; revisions of both depend on each other.
fn placed() -> Migrator {
    let after = |mut migration: SqlMigration, depends_on: &str| {
        migration.revision.depends_on = vec![depends_on.parse().expect("a dependency")];
        migration
    };
    let people = bundle(
        "people",
        [table("p1", &[]), table("p2", &["p1"]), table("p3", &["p2"])],
    );
    let own = bundle(
        "app",
        [table("h1", &[]), after(table("h2", &["h1"]), "people:p2")],
    );
    Migrator::new(own)
        .in_schema("own \"place\"")
        .expect("a name")
        .bundle(people.in_schema("auth").expect("a name"))
}

#[test]
fn bundles_are_gone_through_together_and_placed() {
    let migrator = placed();
    let up = |start: &[&str], range: &str, steps: &str| {
        check_of(&migrator, Way::Up, start, range, steps);
    };
    up(&[], "head", "people:p1 people:p2 h1 h2 people:p3");
    up(&[], "people@p2", "people:p1 people:p2");
    up(
        &["people@p1"],
        "people@p1:people@head",
        "people:p2 people:p3",
    );
    let down = |start: &[&str], range: &str, steps: &str| {
        check_of(&migrator, Way::Down, start, range, steps);
    };
    down(&["head"], "head:h1", "h2");
    down(
        &["people@head"],
        "people@head:people@base",
        "people:p3 people:p2 people:p1",
    );

    // Of the others only what is needed is gone, from where they are said to be.
    let database = TestDatabase::new();
    let mut connection = database.connect();
    migrator
        .upgrade(&mut connection, "people@p3")
        .expect("it goes up");
    let script = |range: &str| {
        migrator
            .upgrade_script(range, OnUnprintable::Refuse)
            .expect("it is printed")
            .sql
    };
    let (code, told) = database.psql(&script("base:h2"));
    assert_eq!(code, 3, "{told}");
    assert!(
        told.contains("goes on from the base of people in auth"),
        "{told}"
    );
    assert!(told.contains("Its head rows: p3"), "{told}");
    assert_eq!(database.psql(&script("people@p3:h2")), (0, String::new()));
    assert!(
        migrator
            .run_pending(&mut connection)
            .expect("it runs")
            .is_nothing()
    );

    // Nothing is taken from under another bundle.
    let script = migrator.downgrade_script("people@head:people@base", OnUnprintable::Refuse);
    let (code, told) = database.psql(&script.expect("it is printed").sql);
    assert_eq!(code, 3, "{told}");
    assert!(
        told.contains("revisions of app in own \"place\" stand on what this script takes back"),
        "{told}"
    );
    let script = migrator.downgrade_script("people@head,h2:people@base", OnUnprintable::Refuse);
    let error = script.expect_err("they are known to be there");
    assert!(error.to_string().contains("stands on"), "{error}");
}

#[test]
fn what_is_stamped_is_recorded_as_by_a_stamp() {
    let migrator = forked();
    let check = |start: &[&str], range: &str, purge: bool| {
        let (ran, scripted) = (TestDatabase::new(), TestDatabase::new());
        for database in [&ran, &scripted] {
            let mut connection = database.connect();
            for target in start {
                migrator
                    .stamp(&mut connection, target)
                    .expect("it is recorded");
            }
        }
        let target = range.rsplit_once(':').map_or(range, |(_, target)| target);
        let (report, script) = match purge {
            true => (
                migrator.stamp_anew(&mut ran.connect(), target),
                migrator.stamp_anew_script(range),
            ),
            false => (
                migrator.stamp(&mut ran.connect(), target),
                migrator.stamp_script(range),
            ),
        };
        report.expect("it is recorded");
        let script = script.expect("it is printed");
        assert_eq!(scripted.psql(&script.sql), (0, String::new()), "{range}");
        assert_eq!(state(&scripted), state(&ran), "{range}");
    };
    check(&[], "heads", false);
    check(&[], "cccc zzzz", false);
    check(&["mmmm", "yyyy"], "mmmm yyyy:shop@cccc", false);
    check(&["zzzz"], "zzzz:base", false);
    check(&["mmmm", "yyyy"], "zzzz", true);
    check(&["mmmm", "yyyy"], "base", true);
}

#[test]
fn a_failing_revision_keeps_those_before_it_and_nothing_of_itself() {
    let broken = revision(
        "b2",
        &["a1"],
        "CREATE TABLE half (); SELECT 1/0; CREATE TABLE more ()",
        "SELECT 1",
    );
    let migrator = Migrator::new(bundle("app", [table("a1", &[]), broken]));
    let script = migrator.upgrade_script("head", OnUnprintable::Refuse);
    let script = script.expect("it is printed");
    let database = TestDatabase::new();
    let (code, told) = database.psql(&script.sql);
    assert_eq!(code, 3);
    assert!(told.contains("division by zero"), "{told}");
    assert_eq!(database.history(), ["a1 applied head"]);
    assert!(!database.catalog().iter().any(|line| line.contains("half")));
    // Whoever runs on after errors does no harm either.
    let careless = TestDatabase::new();
    careless.psql(
        &script
            .sql
            .replace("SELECT 1/0", "\\set ON_ERROR_STOP 0\nSELECT 1/0"),
    );
    assert_eq!(careless.history(), ["a1 applied head"]);
    assert_eq!(careless.catalog(), database.catalog());
}

#[test]
fn what_is_not_as_the_script_needs_it_ends_it_before_anything_is_made() {
    let migrator = forked();
    let script = migrator.upgrade_script("aaaa:cccc", OnUnprintable::Refuse);
    let script = script.expect("it is printed").sql;
    let check = |setup: &str, message: &str| {
        let database = TestDatabase::new();
        database.execute(setup);
        let before = database.catalog();
        let (code, told) = database.psql(&script);
        assert_eq!(code, 3, "{told}");
        assert!(told.contains(message), "{told}");
        assert_eq!(database.catalog(), before, "{message}");
    };
    check("SELECT 1", "goes on from aaaa of app in public");
    check("SELECT 1", "Its head rows: \n");
    check(
        "CREATE TABLE limbeck_revision (id int)",
        "the table public.limbeck_revision is not a history that this script knows",
    );
    // What Diesel has done already.
    let script = forked().upgrade_script("heads", OnUnprintable::Refuse);
    let diesel = "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp)";
    let database = TestDatabase::new();
    database.execute(diesel);
    database.execute("INSERT INTO __diesel_schema_migrations VALUES ('aaaa', now())");
    let script = script.expect("it is printed").sql;
    let (code, told) = database.psql(&script);
    assert_eq!(code, 3);
    assert!(
        told.contains("Diesel has applied some of these revisions here"),
        "{told}"
    );
    database.execute("DELETE FROM __diesel_schema_migrations");
    assert_eq!(database.psql(&script), (0, String::new()));
    // A schema that is gone, with what was in it.
    let placed = forked().in_schema("elsewhere").expect("a name");
    let database = TestDatabase::new();
    placed
        .upgrade(&mut database.connect(), "aaaa")
        .expect("it goes up");
    database.execute("DROP SCHEMA elsewhere CASCADE");
    let script = placed.upgrade_script("aaaa:cccc", OnUnprintable::Refuse);
    let (code, told) = database.psql(&script.expect("it is printed").sql);
    assert_eq!(code, 3);
    assert!(told.contains("the schema elsewhere is missing"), "{told}");
}

/// A revision with code between its statements.
struct Stepping(Revision);

impl Migration for Stepping {
    fn revision(&self) -> &Revision {
        &self.0
    }

    fn upgrade(&self, script: &mut Script) -> limbeck::Result<()> {
        script
            .sql("CREATE TABLE counted (n int)")
            .data("count them", |session| {
                session.execute("INSERT INTO counted VALUES (1)").map(drop)
            });
        Ok(())
    }

    fn downgrade(&self, script: &mut Script) -> limbeck::Result<()> {
        script.sql("DROP TABLE counted");
        Ok(())
    }
}

#[test]
fn code_and_passwords_are_refused_by_name_and_left_out_where_that_is_said() {
    let id = "c0de".parse().expect("an identifier");
    let mut migrator = bundle("app", [table("aaaa", &[])]);
    let mut code = Revision::new(id, sql_digest("code"));
    code.parents = vec!["aaaa".parse().expect("an identifier")];
    migrator.migrations.push(Arc::new(Stepping(code)));
    let secret = format!("CREATE TABLE t_dddd (); ALTER ROLE CURRENT_USER PASSWORD '{PASSWORD}'");
    migrator.migrations.push(Arc::new(revision(
        "dddd",
        &["c0de"],
        &secret,
        &format!("DROP TABLE t_dddd; ALTER ROLE nobody PASSWORD '{PASSWORD}'"),
    )));
    let migrator = Migrator::new(migrator);
    let error = migrator
        .upgrade_script("head", OnUnprintable::Refuse)
        .expect_err("it cannot be printed");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.revision().map(|id| id.as_str()), Some("c0de"));
    assert_eq!(
        error.to_string(),
        "a script cannot hold all that a run does:\n  \
         c0de: the data step `count them`, which is code\n  \
         dddd: the way down in its row of the history, which holds a password\n  \
         dddd: statement 2 (up.sql:1:25), which holds a password"
    );
    let script = migrator.upgrade_script("head", OnUnprintable::Skip);
    let script = script.expect("it is left out");
    assert_eq!(script.left_out.len(), 3);
    assert!(!script.sql.contains(PASSWORD), "{}", script.sql);
    assert!(
        script
            .sql
            .contains("-- left out: the data step `count them`, which is code\n")
    );
    let database = TestDatabase::new();
    assert_eq!(database.psql(&script.sql), (0, String::new()));
    assert_eq!(
        database.lines("SELECT count(*)::text AS line FROM counted"),
        ["0"]
    );
    assert_eq!(
        database.history(),
        ["aaaa applied", "c0de applied", "dddd applied head"]
    );
    let mut connection = database.connect();
    let plan = migrator
        .plan_downgrade(&mut connection, "c0de")
        .expect("it is planned");
    let sql = plan.planned[0].sql.as_deref().unwrap_or_default();
    assert!(
        sql.contains("PASSWORD '***'") && !sql.contains(PASSWORD),
        "{sql}"
    );
    let script = migrator.downgrade_script("dddd:c0de", OnUnprintable::Skip);
    assert!(!script.expect("it is left out").sql.contains(PASSWORD));
    // What is not gone through is nobody's business.
    migrator
        .upgrade_script("aaaa", OnUnprintable::Refuse)
        .expect("it is printed");
}

#[test]
fn what_comes_from_diesel_is_code() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let one = folder.path().join("2026-01-01-000000_one");
    std::fs::create_dir_all(&one).expect("a folder");
    std::fs::write(one.join("up.sql"), "SELECT 1").expect("it is written");
    let source = diesel_migrations::FileBasedMigrations::from_path(folder.path());
    let mut bundle = Bundle::new("app");
    bundle.migrations = from_diesel(source.expect("a source")).expect("it is listed");
    let error = Migrator::new(bundle)
        .upgrade_script("head", OnUnprintable::Refuse)
        .expect_err("nothing of it can be seen");
    assert!(
        error.to_string().contains(
            "20260101000000: the data step `diesel: run 2026-01-01-000000_one`, which is code"
        ),
        "{error}"
    );
}

/// A project whose database nobody can reach.
fn unreachable() -> Project {
    let project = Project::new("postgres://nobody@127.0.0.1:1/nothing");
    project.add(
        "aaaa",
        "CREATE TABLE t_aaaa ();",
        Some("DROP TABLE t_aaaa;"),
    );
    project.add(
        "bbbb",
        "CREATE TABLE t_bbbb ();",
        Some("DROP TABLE t_bbbb;"),
    );
    project
}

#[test]
fn the_command_line_prints_scripts_without_a_connection() {
    let project = unreachable();
    let database = TestDatabase::new();
    for (arguments, history) in [
        (&["ensure-version", "--sql"][..], &[][..]),
        (&["ensure_version", "--sql"], &[]),
        (&["upgrade", "aaaa", "--sql"], &["aaaa applied head"]),
        (
            &["upgrade", "aaaa:head", "--sql"],
            &["aaaa applied", "bbbb applied head"],
        ),
        (&["downgrade", "b:a", "--sql"], &["aaaa applied head"]),
        (
            &["stamp", "a:head", "--sql"],
            &["aaaa applied", "bbbb stamped head"],
        ),
        (
            &["stamp", "aaaa", "--purge", "--sql"],
            &["aaaa stamped head"],
        ),
    ] {
        let told = project.limbeck(arguments).exits(0);
        assert_eq!(told.stderr, "", "{arguments:?}");
        assert_eq!(
            database.psql(&told.stdout),
            (0, String::new()),
            "{arguments:?}"
        );
        assert_eq!(database.history(), history, "{arguments:?}");
    }
    let told = project.limbeck(&["upgrade", "bbbb:head", "--sql"]).exits(0);
    assert!(
        told.stdout.ends_with("\n-- There is nothing to do.\n"),
        "{told}"
    );
    for (arguments, code, message) in [
        (
            &["downgrade", "aaaa", "--sql"][..],
            1,
            "say it: `FROM:aaaa`",
        ),
        (
            &["upgrade", "aaaa:head"],
            2,
            "a range `FROM:TO` goes with `--sql`",
        ),
        (
            &["upgrade", "aaaa:", "--sql"],
            1,
            "does not say where to go",
        ),
        (&["upgrade", "a/b:head", "--sql"], 2, "`a/b` is no target"),
        (
            &["upgrade", "current:head", "--sql"],
            1,
            "cannot start from `current`",
        ),
        (
            &["upgrade", "head", "--sql", "--json"],
            2,
            "cannot be used with",
        ),
        (&["upgrade", "head", "--skip-unprintable"], 2, "--sql"),
        (
            &["stamp", "aaaa:bbbb", "--purge", "--sql"],
            1,
            "has no start",
        ),
        (&["upgrade", "nope:head", "--sql"], 1, "nope"),
    ] {
        let told = project.limbeck(arguments).exits(code);
        assert!(told.stderr.contains(message), "{arguments:?}: {told}");
        assert_eq!(told.stdout, "", "{arguments:?}");
    }
}

#[test]
fn the_history_table_is_made_where_it_is_missing() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    let told = project.limbeck(&["ensure-version"]).exits(0);
    assert_eq!(
        told.stdout,
        "made the history table `public.limbeck_revision`\n"
    );
    let told = project.limbeck(&["ensure-version"]).exits(0);
    assert_eq!(
        told.stdout,
        "the history table `public.limbeck_revision` is there already\n"
    );
    let told = project.limbeck(&["ensure-version", "--json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({ "version": 1, "table": "public.limbeck_revision", "made": false })
    );
    // Another schema is made with it; what is no history is told.
    project.write(
        "limbeck.toml",
        "[history]\nschema = \"log\"\ntable = \"done\"\n",
    );
    let told = project.limbeck(&["ensure-version"]).exits(0);
    assert_eq!(told.stdout, "made the history table `log.done`\n");
    database.execute("CREATE TABLE taken ()");
    project.write("limbeck.toml", "[history]\ntable = \"taken\"\n");
    let told = project.limbeck(&["ensure-version"]).exits(2);
    assert!(
        told.stderr
            .contains("`public.taken` is not a history of Limbeck's"),
        "{told}"
    );
    // Under a transaction that only reads, and by a role that may not.
    let migrator = forked().history_table("public", "third").expect("a name");
    let mut connection = database.connect();
    let told = diesel::connection::SimpleConnection::batch_execute(
        &mut connection,
        "SET default_transaction_read_only = on",
    );
    told.expect("it is set");
    let error = migrator
        .ensure_version(&mut connection)
        .expect_err("it only reads");
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
}

/// Who may write rows and make tables, and neither the history nor a schema, runs a script all the same.
#[test]
fn a_script_wants_no_right_that_it_does_not_use() {
    let database = TestDatabase::on(own_server());
    let migrator = Migrator::new(bundle(
        "app",
        [table("aaaa", &[]), table("bbbb", &["aaaa"])],
    ));
    let ensure = migrator.ensure_version_script().sql;
    assert_eq!(database.psql(&ensure), (0, String::new()));
    database.execute(
        "CREATE ROLE scripted;
         GRANT USAGE, CREATE ON SCHEMA public TO scripted;
         GRANT SELECT, INSERT, UPDATE, DELETE ON limbeck_revision TO scripted",
    );
    let script = migrator.upgrade_script("head", OnUnprintable::Refuse);
    let script = format!("SET ROLE scripted;\n{}", script.expect("it is printed").sql);
    assert_eq!(database.psql(&script), (0, String::new()));
    assert_eq!(database.history(), ["aaaa applied", "bbbb applied head"]);
    let owners =
        "SELECT DISTINCT tableowner::text AS line FROM pg_tables WHERE tablename LIKE 't\\_%'";
    assert_eq!(database.lines(owners), ["scripted"]);
    let down = migrator.downgrade_script("head:base", OnUnprintable::Refuse);
    let script = format!("SET ROLE scripted;\n{}", down.expect("it is printed").sql);
    assert_eq!(database.psql(&script), (0, String::new()));
    database.execute("DROP OWNED BY scripted; DROP ROLE scripted");
}

/// A script waits for whoever migrates, and then sees what they have done.
#[test]
fn a_script_waits_for_its_turn() {
    let database = TestDatabase::new();
    let migrator = Migrator::new(bundle("app", [table("aaaa", &[])]));
    let script = migrator.upgrade_script("head", OnUnprintable::Refuse);
    let script = script.expect("it is printed").sql;
    let told: Vec<(i32, String)> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| database.psql(&script)))
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("it ends"))
            .collect()
    });
    let (done, late): (Vec<_>, Vec<_>) = told.into_iter().partition(|(code, _)| *code == 0);
    assert_eq!(done.len(), 1, "{late:?}");
    for (code, told) in late {
        assert_eq!(code, 3);
        assert!(
            told.contains("limbeck: this script goes on from the base"),
            "{told}"
        );
    }
    assert_eq!(database.history(), ["aaaa applied head"]);
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("it is small") % end
    }
}

/// Random graphs and walks over them: after each step the database of the scripts is that of the runs.
#[test]
fn scripts_and_runs_go_the_same_ways() {
    let mut steps = 0;
    for seed in 0..10 {
        let mut numbers = Numbers(seed);
        let ids: Vec<String> = (0..9).map(|number| format!("r{number}x{seed}")).collect();
        let mut migrations = Vec::new();
        for (number, id) in ids.iter().enumerate() {
            let mut parents: Vec<&str> = Vec::new();
            for _ in 0..numbers.below(3) {
                let parent = ids[numbers.below(number.max(1))].as_str();
                if number > 0 && !parents.contains(&parent) {
                    parents.push(parent);
                }
            }
            let mut migration = table(id, &parents);
            if number > 0 && numbers.below(4) == 0 {
                let on = &ids[numbers.below(number)];
                if !parents.contains(&on.as_str()) {
                    migration.revision.depends_on = vec![on.parse().expect("a dependency")];
                }
            }
            migrations.push(migration);
        }
        let migrator = Migrator::new(bundle("app", migrations));
        // A revision and its ancestor for parents, say: not every throw is a graph.
        if migrator.graph().is_err() {
            continue;
        }
        let (ran, scripted) = (TestDatabase::new(), TestDatabase::new());
        for _ in 0..7 {
            let mut connection = ran.connect();
            let current = migrator.current(&mut connection).expect("it is read");
            let heads = current.bundles[0].heads.iter().map(ToString::to_string);
            let from = match heads.collect::<Vec<_>>().join(",") {
                none if none.is_empty() => "base".to_owned(),
                heads => heads,
            };
            let target = match numbers.below(11) {
                9 => "heads",
                10 => "base",
                number => &ids[number],
            };
            let range = format!("{from}:{target}");
            let (report, script) = match numbers.below(9) {
                0..5 => (
                    migrator.upgrade(&mut connection, target),
                    migrator.upgrade_script(&range, OnUnprintable::Refuse),
                ),
                5 => (
                    migrator.stamp(&mut connection, target),
                    migrator.stamp_script(&range),
                ),
                _ => (
                    migrator.downgrade(&mut connection, target),
                    migrator.downgrade_script(&range, OnUnprintable::Refuse),
                ),
            };
            let (report, script) = match (report, script) {
                (Ok(report), Ok(script)) => (report, script),
                (report, script) => {
                    // What was stamped has no tables: a run fails at that, and so does its script.
                    let failed = report.as_ref().err().map(limbeck::Error::kind);
                    let refused = script.as_ref().err().map(limbeck::Error::kind);
                    if let (Some(ErrorKind::Sql), Ok(script)) = (failed, &script) {
                        assert_eq!(scripted.psql(&script.sql).0, 3, "seed {seed}: {range}");
                        assert_eq!(state(&scripted), state(&ran), "seed {seed}: {range}");
                        continue;
                    }
                    assert_eq!(
                        refused, failed,
                        "seed {seed}: {range}: {report:?} {script:?}"
                    );
                    continue;
                }
            };
            let done: Vec<_> = report
                .applied
                .iter()
                .map(|one| (&one.revision, one.deed))
                .collect();
            let planned: Vec<_> = script
                .steps
                .iter()
                .map(|one| (&one.revision, one.deed))
                .collect();
            assert_eq!(planned, done, "seed {seed}: {range}");
            assert_eq!(
                scripted.psql(&script.sql),
                (0, String::new()),
                "seed {seed}: {range}"
            );
            assert_eq!(state(&scripted), state(&ran), "seed {seed}: {range}");
            steps += done.len();
        }
    }
    assert!(steps > 40, "{steps} steps are few");
}
