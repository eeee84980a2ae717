//! Where a migrator comes from, and so what it may do while somebody develops the program.

use std::env;
use std::ffi::OsString;
use std::path::Path;

/// Who made a migrator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    /// A program, at run time: nothing is known of how it was compiled.
    #[default]
    Program,
    /// `migrator!`, in a crate that was compiled so.
    Macro {
        /// With `debug_assertions`.
        debug_assertions: bool,
        /// For its own tests.
        test: bool,
    },
}

/// The variable that switches autogenerating on boot off, whatever the program says.
pub(super) const SWITCH: &str = "LIMBECK_AUTOGENERATE";

impl Origin {
    /// Whether revisions were compiled in by a debug build.
    pub(super) fn is_debug_build(self) -> bool {
        matches!(
            self,
            Self::Macro {
                debug_assertions: true,
                test: _
            }
        )
    }

    /// Why nothing may be generated here; `None` where it may.
    pub(super) fn forbids(self, surroundings: &Surroundings) -> Option<String> {
        match self {
            Self::Program => Some("the migrator was not made by `migrator!`".to_owned()),
            Self::Macro {
                debug_assertions: false,
                test: _,
            } => Some("this is a release build".to_owned()),
            Self::Macro { test: true, .. } => Some("this is a test".to_owned()),
            Self::Macro { .. } => surroundings.forbid(),
        }
    }
}

/// What a process can tell of who started it.
pub(super) struct Surroundings {
    variables: Vec<(String, OsString)>,
    executable: Option<std::path::PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub(super) fn here() -> Self {
        let known = |name: &str| {
            [SWITCH, "CI", "NEXTEST", "NEXTEST_RUN_ID"].contains(&name)
                || name.starts_with("CARGO_BIN_EXE_")
        };
        Self {
            variables: env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .filter(|(name, _)| known(name))
                .collect(),
            executable: env::current_exe().ok(),
        }
    }

    /// The value of a variable, unless it says no.
    fn says(&self, name: &str) -> Option<String> {
        let (_, value) = self.variables.iter().find(|(known, _)| known == name)?;
        let value = value.to_string_lossy().trim().to_ascii_lowercase();
        (!is_no(&value)).then_some(value)
    }

    fn forbid(&self) -> Option<String> {
        let switched_off = self
            .variables
            .iter()
            .any(|(name, value)| name == SWITCH && is_no(&value.to_string_lossy().to_lowercase()));
        if switched_off {
            return Some(format!("`{SWITCH}` says so"));
        }
        if self.says("CI").is_some() {
            return Some("this is a machine for continuous integration (`CI` is set)".to_owned());
        }
        let by_runner = self.says("NEXTEST").is_some()
            || self
                .variables
                .iter()
                .any(|(name, _)| name == "NEXTEST_RUN_ID" || name.starts_with("CARGO_BIN_EXE_"));
        let by_place = self.executable.as_deref().is_some_and(is_test_binary);
        (by_runner || by_place).then(|| "this is a test".to_owned())
    }
}

fn is_no(value: &str) -> bool {
    ["", "0", "false", "no", "off", "never"].contains(&value)
}

/// Whether a program stands where cargo and rustdoc put tests: what is run by `cargo run` or from
/// `target/debug` never has a hash behind its name.
fn is_test_binary(executable: &Path) -> bool {
    let name = |path: Option<&Path>| {
        path.and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let stem = executable
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let folder = name(executable.parent());
    let hashed = stem.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    hashed && (folder == "deps" || folder == "out")
        || stem == "rust_out"
        || folder.starts_with("rustdoctest")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const DEBUG: Origin = Origin::Macro {
        debug_assertions: true,
        test: false,
    };

    #[track_caller]
    fn check(origin: Origin, variables: &[(&str, &str)], executable: &str, allowed: bool) {
        let surroundings = Surroundings {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), OsString::from(value)))
                .collect(),
            executable: Some(PathBuf::from(executable)),
        };
        let forbidden = origin.forbids(&surroundings);
        assert_eq!(forbidden.is_none(), allowed, "{forbidden:?}");
    }

    #[test]
    fn only_a_developers_debug_build_generates() {
        let app = "/src/blog/target/debug/blog";
        check(DEBUG, &[], app, true);
        check(DEBUG, &[], "/src/blog/target/debug/examples/seed", true);
        check(Origin::Program, &[], app, false);
        for (debug_assertions, test) in [(false, false), (false, true), (true, true)] {
            let origin = Origin::Macro {
                debug_assertions,
                test,
            };
            check(origin, &[], app, false);
        }
    }

    #[test]
    fn test_runners_are_known() {
        let app = "/src/blog/target/debug/blog";
        for variable in [
            ("NEXTEST", "1"),
            ("NEXTEST_RUN_ID", "a-b"),
            ("CARGO_BIN_EXE_blog", app),
            ("CI", "true"),
            ("CI", "1"),
            (SWITCH, "off"),
            (SWITCH, "0"),
            (SWITCH, "OFF"),
        ] {
            check(DEBUG, &[variable], app, false);
        }
        for variable in [
            ("CI", "false"),
            ("CI", ""),
            (SWITCH, "on"),
            ("NEXTEST", "0"),
        ] {
            check(DEBUG, &[variable], app, true);
        }
        for executable in [
            "/src/blog/target/debug/deps/blog-0123456789abcdef",
            "/src/blog/target/debug/deps/api-0123456789abcdef.exe",
            "/tmp/rustdoctestAbCdEf/rust_out",
        ] {
            check(DEBUG, &[], executable, false);
        }
        check(DEBUG, &[], "/src/blog/target/debug/my-deps", true);
    }
}
