//! Paths of one machine as paths of another: a container, a remote host, a build with `--remap-path-prefix`.

/// A path that can't be a prefix, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a path rewrite {0}")]
pub struct PathRewriteError(String);

/// Pairs of prefixes: of paths here, and of the same files as the debugger or the build knows them.
///
/// The longest prefix that fits decides; of two equal ones, the first. A prefix fits whole names only: `/src` is
/// none of `/src2`. Prefixes that look like Windows' (`C:\…`, `\\server\…`) are compared without regard to case
/// and to the kind of slash, all others exactly; what follows the prefix gets the slashes of the other side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathRewrites(Vec<(Prefix, Prefix)>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Prefix {
    text: String,
    is_windows: bool,
}

impl PathRewrites {
    /// The rewrites of these pairs, `(local, remote)`.
    ///
    /// # Errors
    ///
    /// Where one of a pair is empty or not absolute: it would fit anywhere.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, PathRewriteError> {
        let prefix = |side: &str, text: &str| {
            Prefix::new(text).ok_or_else(|| {
                PathRewriteError(format!("has `{text}` as `{side}`, which is no absolute path"))
            })
        };
        let pairs = pairs.into_iter();
        pairs
            .map(|(local, remote)| Ok((prefix("local", local)?, prefix("remote", remote)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as the debugger knows it; `None` where no prefix fits.
    #[must_use]
    pub fn to_remote(&self, local: &str) -> Option<String> {
        rewrite(self.0.iter().map(|(local, remote)| (local, remote)), local)
    }

    /// The path as it is here; `None` where no prefix fits.
    #[must_use]
    pub fn to_local(&self, remote: &str) -> Option<String> {
        rewrite(self.0.iter().map(|(local, remote)| (remote, local)), remote)
    }
}

fn rewrite<'a>(pairs: impl Iterator<Item = (&'a Prefix, &'a Prefix)>, path: &str) -> Option<String> {
    let mut best: Option<(&Prefix, &Prefix, &str)> = None;
    for (from, to) in pairs {
        if let Some(rest) = from.rest_of(path)
            && best.is_none_or(|(longest, ..)| longest.text.len() < from.text.len())
        {
            best = Some((from, to, rest));
        }
    }
    let (from, to, rest) = best?;
    let mut path = to.text.clone();
    let names = rest.split(|separator| from.is_separator(separator)).filter(|name| !name.is_empty());
    for name in names {
        if !path.ends_with(to.separator()) {
            path.push(to.separator());
        }
        path.push_str(name);
    }
    Some(path)
}

impl Prefix {
    fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let has_drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':');
        let is_windows = has_drive || text.starts_with("\\\\");
        if !is_windows && !text.starts_with('/') {
            return None;
        }
        let root = if has_drive { 2 } else { 1 };
        let end = text.trim_end_matches(['/', if is_windows { '\\' } else { '/' }]).len().max(root);
        let mut text = text[..end].to_owned();
        if is_windows && text.len() == 2 {
            text.push('\\');
        }
        Some(Self { text, is_windows })
    }

    fn is_separator(&self, character: char) -> bool {
        character == '/' || (self.is_windows && character == '\\')
    }

    fn separator(&self) -> char {
        if self.is_windows { '\\' } else { '/' }
    }

    /// What follows the prefix in a path, if it is one of it.
    fn rest_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut rest = path.chars();
        for expected in self.text.chars() {
            let found = rest.next()?;
            let is_same = if self.is_windows {
                (self.is_separator(expected) && self.is_separator(found))
                    || expected.to_lowercase().eq(found.to_lowercase())
            } else {
                expected == found
            };
            if !is_same {
                return None;
            }
        }
        let is_whole = self.text.ends_with(|last| self.is_separator(last))
            || rest.as_str().is_empty()
            || rest.as_str().starts_with(|next| self.is_separator(next));
        is_whole.then_some(rest.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrites(pairs: &[(&str, &str)]) -> PathRewrites {
        PathRewrites::new(pairs.iter().copied()).expect("absolute paths")
    }

    #[test]
    fn the_longest_prefix_of_whole_names_decides() {
        let both = rewrites(&[("/home/me/app", "/build"), ("/home/me/app/vendor", "/vendor")]);
        assert_eq!(both.to_remote("/home/me/app/src/main.rs").as_deref(), Some("/build/src/main.rs"));
        assert_eq!(both.to_remote("/home/me/app/vendor/a.rs").as_deref(), Some("/vendor/a.rs"));
        assert_eq!(both.to_remote("/home/me/app").as_deref(), Some("/build"));
        assert_eq!(both.to_remote("/home/me/apple/a.rs"), None);
        assert_eq!(both.to_local("/vendor/a.rs").as_deref(), Some("/home/me/app/vendor/a.rs"));
        assert_eq!(both.to_local("/Build/a.rs"), None, "case matters");
    }

    #[test]
    fn windows_paths_are_compared_as_windows_does() {
        let mixed = rewrites(&[("C:\\Users\\me\\app\\", "/app"), ("d:", "/mnt/d")]);
        assert_eq!(mixed.to_remote("c:/users/ME/app/src\\main.rs").as_deref(), Some("/app/src/main.rs"));
        assert_eq!(mixed.to_local("/app/src/main.rs").as_deref(), Some("C:\\Users\\me\\app\\src\\main.rs"));
        assert_eq!(mixed.to_remote("D:\\x\\y.rs").as_deref(), Some("/mnt/d/x/y.rs"));
        assert_eq!(mixed.to_local("/mnt/d/x.rs").as_deref(), Some("d:\\x.rs"));
        let share = rewrites(&[("\\\\server\\share", "/net")]);
        assert_eq!(share.to_remote("\\\\SERVER\\share\\a.rs").as_deref(), Some("/net/a.rs"));
    }

    #[test]
    fn the_root_is_a_prefix_too() {
        let all = rewrites(&[("/", "/host")]);
        assert_eq!(all.to_remote("/a/b.rs").as_deref(), Some("/host/a/b.rs"));
        assert_eq!(all.to_local("/host/a/b.rs").as_deref(), Some("/a/b.rs"));
    }

    #[test]
    fn what_is_not_absolute_is_named() {
        let error = PathRewrites::new([("src", "/build")]).expect_err("relative");
        assert_eq!(error.to_string(), "a path rewrite has `src` as `local`, which is no absolute path");
        assert!(PathRewrites::new([("/a", "")]).is_err());
    }

    #[test]
    fn there_and_back_is_the_same_file() {
        let pairs = [("/home/me/app", "/build/app"), ("/home/me/lib", "C:\\lib"), ("/opt", "/usr/opt")];
        let rewrites = rewrites(&pairs);
        for local in ["/home/me/app/a b/ä.rs", "/home/me/lib/x/y.rs", "/opt/z.rs", "/opt"] {
            let remote = rewrites.to_remote(local).expect("a prefix fits");
            assert_eq!(rewrites.to_local(&remote).as_deref(), Some(local), "{remote}");
        }
    }
}
