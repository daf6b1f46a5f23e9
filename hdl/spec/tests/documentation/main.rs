//! The pages under `docs/` say what this crate says: their tables are generated from the definitions.
//!
//! With `ROWFUSE_BLESS=1` these tests write the tables instead of comparing them.

mod commands;
mod exchange;
mod numerics;

use std::path::PathBuf;

/// Compares the marked sections of a page with tables, or writes them.
fn compare(page_name: &str, sections: &[(&str, String)]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(page_name);
    let page = std::fs::read_to_string(&path).expect("the page is readable");
    let mut current = page.clone();
    for (name, table) in sections {
        let (begin, end) = (
            format!("<!-- begin {name} -->\n"),
            format!("<!-- end {name} -->"),
        );
        let from = current
            .find(&begin)
            .unwrap_or_else(|| panic!("no section {name}"))
            + begin.len();
        let to = from
            + current[from..]
                .find(&end)
                .unwrap_or_else(|| panic!("no end of {name}"));
        current.replace_range(from..to, table);
    }
    if std::env::var_os("ROWFUSE_BLESS").is_some() {
        std::fs::write(&path, &current).expect("the page is writable");
    } else if page != current {
        panic!("docs/{page_name} differs from the definitions: run this test with ROWFUSE_BLESS=1");
    }
}
