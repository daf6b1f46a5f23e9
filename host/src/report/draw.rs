//! Pieces of charts. Colours come from the page's style sheet by class, so that a chart follows light and dark.

use maud::{Markup, PreEscaped};
use svg::node::element::{Circle, Description, Group, Line, Path, Rectangle, Text, Title};
use svg::node::Text as Content;
use svg::Document;

/// Units of width of a chart that goes over the whole page.
pub const WIDTH: f64 = 720.0;
/// Units that a character takes at most, on average.
pub const CHARACTER: f64 = 6.7;

/// An empty chart with a title and a description for those who do not see it. `id` is the page's only one.
pub fn chart(id: &str, [width, height]: [f64; 2], title: &str, description: &str) -> Document {
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    Document::new()
        .set("id", id)
        .set("class", "chart")
        .set("viewBox", format!("0 0 {width} {height}"))
        .set("role", "img")
        .set("aria-labelledby", format!("{title_id} {text_id}"))
        .add(Title::new(title).set("id", title_id))
        .add(
            Description::new()
                .set("id", text_id)
                .add(Content::new(description)),
        )
}

/// A chart within the page. What is text in it was escaped when it was written.
pub fn markup(chart: &Document) -> Markup {
    PreEscaped(chart.to_string())
}

/// A group of shapes with a text that is shown when one points at them.
pub fn told(text: &str) -> Group {
    Group::new().add(Title::new(text))
}

/// Where a text is anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A text with its baseline at a place.
pub fn text(x: f64, y: f64, anchor: Anchor, content: &str) -> Text {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    Text::new(content)
        .set("x", tenth(x))
        .set("y", tenth(y))
        .set("text-anchor", anchor)
}

/// A rectangle of a class.
pub fn rectangle(x: f64, y: f64, width: f64, height: f64, class: &str) -> Rectangle {
    Rectangle::new()
        .set("x", tenth(x))
        .set("y", tenth(y))
        .set("width", tenth(width.max(0.0)))
        .set("height", tenth(height.max(0.0)))
        .set("class", class)
}

/// A line of a class.
pub fn line([x1, y1]: [f64; 2], [x2, y2]: [f64; 2], class: &str) -> Line {
    Line::new()
        .set("x1", tenth(x1))
        .set("y1", tenth(y1))
        .set("x2", tenth(x2))
        .set("y2", tenth(y2))
        .set("class", class)
}

/// A dot of a class.
pub fn dot([x, y]: [f64; 2], radius: f64, class: &str) -> Circle {
    Circle::new()
        .set("cx", tenth(x))
        .set("cy", tenth(y))
        .set("r", radius)
        .set("class", class)
}

/// Many rectangles of the same height and class as one shape: pairs of left and right.
pub fn bars(spans: impl Iterator<Item = [f64; 2]>, y: f64, height: f64, class: &str) -> Path {
    let mut path = String::new();
    for [left, right] in spans {
        // What is too short to be seen is made as wide as a hair.
        let width = (right - left).max(0.3);
        path += &format!(
            "M{} {}h{}v{height}h-{}z",
            tenth(left),
            tenth(y),
            tenth(width),
            tenth(width)
        );
    }
    Path::new().set("d", path).set("class", class)
}

/// Rounded to a tenth of a unit: more only makes the file longer.
pub fn tenth(number: f64) -> f64 {
    // Adding zero turns a negative zero into zero.
    (10.0 * number).round() / 10.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_leave_a_chart() {
        let evil = "</title><script>alert(1)</script>\" onload='x' &";
        let chart = chart("a", [10.0, 10.0], evil, evil)
            .add(told(evil).add(text(1.0, 2.0, Anchor::End, evil)))
            .add(rectangle(0.0, 0.0, 1.0, 1.0, evil));
        let page = markup(&chart).into_string();
        assert!(!page.contains("<script"));
        assert!(page.contains("&lt;/script&gt;&quot; onload=&apos;x&apos; &amp;\""));
        assert_eq!(page.matches("&lt;script&gt;").count(), 5);
        assert_eq!(page.matches("</title>").count(), 2);
    }

    #[test]
    fn numbers_are_short_and_bars_are_seen() {
        assert_eq!(tenth(1.0 / 3.0), 0.3);
        assert_eq!(tenth(-0.01).to_string(), "0");
        let path = bars([[0.0, 2.0], [5.0, 5.0]].into_iter(), 1.0, 3.0, "c");
        assert!(path.to_string().contains("M0 1h2v3h-2zM5 1h0.3v3h-0.3z"));
    }
}
