use super::*;
use crate::report::{parse, testing};
use serde_json::Value;

const EVIL: &str = "</title></style><script>alert('1')</script><img src=x onerror=\"alert(1)\">";

/// Puts a text in the place of every text and behind every number of a name.
fn poison(value: &mut Value) {
    let keep = ["bound", "work", "command", "image", "png"];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if !keep.contains(&key.as_str()) => *text = EVIL.into(),
                    value => poison(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(poison),
        _ => {}
    }
}

#[test]
fn no_text_of_the_document_becomes_markup() {
    let mut document = testing::json();
    let config = document["result"]["config"]["name"].clone();
    poison(&mut document["result"]);
    // A configuration's name is refused if it has such characters.
    document["result"]["config"]["name"] = config;
    document["result"]["image"] = EVIL.into();
    document["result"]["top5"][0]["name"] = EVIL.into();
    document["result"]["line"] = serde_json::json!({ EVIL: 1 });
    document["error"] = serde_json::json!({ "code": EVIL, "message": EVIL, "help": EVIL });
    let page = page(&parse(document.to_string().as_bytes(), EVIL).unwrap());
    assert!(page.matches("&lt;script&gt;").count() > 20);
    for tag in ["<script", "<img src=x", "</title></style>"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let page = page(&parse(testing::json().to_string().as_bytes(), "run.json").unwrap());
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("default-src 'none'"));
    // Base64 has slashes, and may have anything that looks like a word.
    let mut pieces = page.split("data:image/png;base64,");
    let mut rest = pieces.next().unwrap().to_owned();
    assert!(rest.ends_with("src=\""));
    for piece in pieces {
        rest += piece.split_once('"').unwrap().1;
    }
    let rest = rest.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for word in [
        "//", "url(", "@import", "<link", "<script", "<iframe", "src=\"h",
    ] {
        assert!(!rest.contains(word), "{word}");
    }
}

#[test]
fn every_part_is_there_and_every_id_once() {
    let mut document = testing::json();
    let run = document["result"].take();
    document["command"] = "demo".into();
    document["result"] =
        serde_json::json!({ "photograph": "china.jpg", "first_group": run, "whole": run });
    let page = page(&parse(document.to_string().as_bytes(), "run.json").unwrap());
    for (part, ..) in PARTS {
        for run in ["r1", "r2"] {
            assert_eq!(
                page.matches(&format!(" id=\"{run}-{part}\"")).count(),
                1,
                "{run} {part}"
            );
            assert_eq!(page.matches(&format!("href=\"#{run}-{part}\"")).count(), 1);
        }
    }
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
    // Whoever does not see the charts is told of them.
    let labels = page
        .split("aria-labelledby=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let named: Vec<&str> = labels.flat_map(str::split_whitespace).collect();
    assert!(named.iter().all(|id| ids.contains(id)), "{named:?}");
    assert_eq!(page.matches("<svg").count(), page.matches("<desc").count());
}

#[test]
fn tags_are_closed() {
    let page = page(&parse(testing::json().to_string().as_bytes(), "run.json").unwrap());
    for tag in [
        "section", "figure", "table", "tr", "td", "svg", "g", "text", "title", "p", "div", "span",
    ] {
        let opened =
            page.matches(&format!("<{tag} ")).count() + page.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        assert!(opened > 0, "{tag}");
    }
}
