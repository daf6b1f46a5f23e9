use super::*;
use crate::report::testing;

/// A run whose second group differs in these cells.
fn wrong(cells: &[[u64; 3]]) -> Run {
    let mut run = testing::run();
    let data = run.report.as_mut().unwrap();
    let heat = data.groups[1].map.differences.as_mut().unwrap();
    heat.cells = cells.to_vec();
    run.groups[1].mismatches = Some(heat.total());
    run.groups[1].first_mismatch = Some([1, 2, 3]);
    run
}

#[test]
fn nothing_wrong_is_said_plainly() {
    let page = mismatches(&testing::run(), "r1-heat").into_string();
    assert_eq!(page.matches("None of ").count(), 2);
    assert!(!page.contains("heat1\"") && !page.contains("class=\"bad\""));
    assert_eq!(page.matches("<svg").count(), 2);
}

#[test]
fn wrong_values_are_where_they_are() {
    let run = wrong(&[[0, 0, 1], [3, 5, 40]]);
    let page = mismatches(&run, "r1-heat").into_string();
    assert!(page.contains("41 of "));
    assert!(page.contains("the first in channel 1, row 2, column 3"));
    assert!(page.contains("class=\"heat1\"") && page.contains("class=\"heat4\""));
    // The cell with most comes first.
    let [most, least] = [
        "rows 4, columns 6</th><td class=\"n\">40",
        "rows 0–1, columns 0–1</th><td class=\"n\">1",
    ]
    .map(|text| page.find(text).unwrap());
    assert!(most < least);
}

#[test]
fn what_was_not_compared_is_not_called_right() {
    let mut run = testing::run();
    run.groups[0].mismatches = None;
    run.report.as_mut().unwrap().groups[0].map.differences = None;
    let page = mismatches(&run, "r1-heat").into_string();
    assert_eq!(
        (
            page.matches("Not compared.").count(),
            page.matches("None of ").count()
        ),
        (1, 1)
    );
    run.report = None;
    let page = mismatches(&run, "r1-heat").into_string();
    assert!(
        page.contains("None of ") && !page.contains("<svg"),
        "counts need no pictures"
    );
}

#[test]
fn shades_and_places_cover_everything() {
    assert_eq!([1, 2, 3, 4].map(|n| shade(n, 4)), SHADES);
    assert_eq!([1, 1000].map(|n| shade(n, 1000)), ["heat1", "heat4"]);
    assert_eq!(shade(1, 1), "heat1");
    // Cells of a map of 45×3 values in 28×3 cells: every row is in the cell that says so.
    let map = MapData {
        shape: [1, 45, 3],
        brightest: 0,
        channels: Vec::new(),
        differences: None,
    };
    let heat = HeatMap {
        rows: 28,
        cols: 3,
        cells: Vec::new(),
    };
    for y in 0..45u64 {
        let said = place(&map, &heat, y * 28 / 45, 1);
        let rows = said.split([' ', ',']).nth(1).unwrap();
        let ends: Vec<u64> = rows.split('–').map(|n| n.parse().unwrap()).collect();
        assert!(
            (ends[0]..=*ends.last().unwrap()).contains(&y),
            "{y}: {said}"
        );
        assert!(said.ends_with("columns 1"));
    }
}

#[test]
fn every_channel_kept_has_a_picture_with_a_text() {
    let run = testing::run();
    let page = pictures(&run, "r1-maps").into_string();
    let kept: usize = run
        .report
        .as_ref()
        .unwrap()
        .groups
        .iter()
        .map(|g| g.map.channels.len())
        .sum();
    assert_eq!(page.matches("<img").count(), kept);
    assert_eq!(page.matches("alt=\"channel ").count(), kept);
}
