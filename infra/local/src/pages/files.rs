//! The built files. They are read into memory once, so a request can reach no other file.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

/// One file with its headers.
#[derive(Debug)]
pub(super) struct File {
    pub(super) content: Bytes,
    pub(super) content_type: &'static str,
    /// Whether the file's name contains a hash of its content, so that it may be cached for ever.
    pub(super) hashed: bool,
}

/// The files by URL path.
#[derive(Clone, Debug)]
pub(super) struct Files(Arc<BTreeMap<String, File>>);

impl Files {
    /// Reads all files in `folder`, except those whose name begins with a dot.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for relative in names(folder)? {
            let path = format!("/{relative}");
            let content = Bytes::from(std::fs::read(folder.join(&relative))?);
            let file = File { content, content_type: content_type(&path), hashed: path.starts_with("/assets/") };
            files.insert(path, file);
        }
        Ok(Self(Arc::new(files)))
    }

    /// The file at this URL path.
    pub(super) fn get(&self, path: &str) -> Option<&File> {
        if path == "/" { self.index() } else { self.0.get(path) }
    }

    /// `index.html`.
    pub(super) fn index(&self) -> Option<&File> {
        self.0.get("/index.html")
    }
}

/// The sorted paths of the files in `folder` and its subfolders, relative and separated by `/`.
/// Names that begin with a dot are left out.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            found.extend(names(&entry.path())?.into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_built_file_or_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        for name in ["index.html", "assets/app-1a2b.js", ".inputs"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let files = Files::read(folder.path()).unwrap();
        assert_eq!(files.get("/").unwrap().content_type, "text/html; charset=utf-8");
        assert!(files.get("/assets/app-1a2b.js").unwrap().hashed);
        assert!(!files.get("/index.html").unwrap().hashed);
        for path in ["/.inputs", "/assets", "/assets/", "/../files.rs", "/assets/../index.html", "index.html"] {
            assert!(files.get(path).is_none(), "{path}");
        }
    }
}
