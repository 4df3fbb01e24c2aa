//! Sizes of files and functions: what is longer than this is two things.

use std::path::Path;

use anyhow::Result;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use walkdir::WalkDir;

/// Lines of a file.
const FILE_LINES: usize = 500;
/// Lines of a function, from its name to its closing brace.
const FUNCTION_LINES: usize = 60;

/// Files and functions that are too long.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let hidden = |name: &str| matches!(name, "target" | ".git" | "fuzz" | "node_modules");
    let entries = WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !hidden(&entry.file_name().to_string_lossy()));
    for entry in entries {
        let entry = entry?;
        if entry.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let text = fs_err::read_to_string(entry.path())?;
        let lines = text.lines().count();
        if lines > FILE_LINES {
            faults.push(format!("{}: {lines} lines, {FILE_LINES} at most", path.display()));
        }
        let file = syn::parse_file(&text)?;
        let mut functions = Functions { path, faults: &mut faults };
        functions.visit_file(&file);
    }
    Ok(faults)
}

struct Functions<'a> {
    path: &'a Path,
    faults: &'a mut Vec<String>,
}

impl Functions<'_> {
    fn check(&mut self, name: &syn::Ident, block: &syn::Block) {
        let start = name.span().start().line;
        let lines = block.span().end().line - start + 1;
        if lines > FUNCTION_LINES {
            let path = self.path.display();
            self.faults.push(format!(
                "{path}:{start}: `{name}` has {lines} lines, {FUNCTION_LINES} at most"
            ));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.check(&function.sig.ident, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.check(&function.sig.ident, &function.block);
        visit::visit_impl_item_fn(self, function);
    }
}
