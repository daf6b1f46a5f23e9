//! A board behind TCP, and ports behind which there is none.

use crate::support::{outcome, prepared, rowfuse, temporary};
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::KIND_INFO;
use rowfuse_testbench::board::{Board, FunctionalBoard};
use std::io::{Read, Write};
use std::net::TcpListener;

/// Serves one host after another with a functional board, over TCP; the port.
fn far_end() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("tcp:{}", listener.local_addr().unwrap());
    let mut board = FunctionalBoard::new(preset("small-4").unwrap()).unwrap();
    // It takes long to find out who it is, and nobody waits for that on a line.
    board.request(KIND_INFO, &[]).unwrap();
    std::thread::spawn(move || {
        while let Ok((mut host, _)) = listener.accept() {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = host.read(&mut buffer) {
                let replies = board.exchange_bytes(&buffer[..read]);
                if host.write_all(&replies).is_err() {
                    break;
                }
            }
        }
    });
    port
}

#[test]
fn a_board_is_asked_and_runs_a_network() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let port = far_end();
    let info = outcome(path, &["info", "--port", &port, "--baud", "1000000"], 0);
    let functional = outcome(path, &["info"], 0);
    assert_eq!(info["config_id"], functional["config_id"]);
    assert_eq!(info["line"]["baud"], 1_000_000);
    assert!(info["line"]["bytes_received"].as_u64() > Some(1000));
    assert!(functional["line"].is_null());
    let run = ["run", "network", &image, "--port", &port];
    let run = outcome(path, &run, 0);
    assert_eq!(run["totals"]["mismatches"], 0);
    assert!(run["line"]["payload_sent"].as_u64() > Some(1000));
    assert!(outcome(path, &["run", "network", &image], 0)["line"].is_null());
}

#[test]
fn several_boards_each_have_their_line_and_images_their_board() {
    let (directory, image) = prepared(32);
    let path = directory.path();
    let ports = [far_end(), far_end()];
    let run = [
        "run", "network", &image, &image, &image, "--port", &ports[0], "--port", &ports[1],
    ];
    let result = outcome(path, &run, 0);
    let lines = result["line"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert!(line["payload_sent"].as_u64() > Some(1000));
    }
    let one = [
        "run",
        "network",
        &image,
        &image,
        "--port",
        &ports[0],
        "--no-verify",
    ];
    assert!(outcome(path, &one, 0)["line"]["baud"].is_u64());

    let output = rowfuse(path, &[&run[..], &["--config", "small-4"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let rows = text.lines().filter(|row| row.contains("china.jpg"));
    let named = rows.filter(|row| ports.iter().any(|port| row.contains(port)));
    assert_eq!(named.count(), 3, "{text}");
}

#[test]
fn ports_without_a_board_are_told_apart() {
    let directory = temporary();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("tcp:{}", listener.local_addr().unwrap());
    drop(listener);
    for (arguments, exit, code) in [
        (vec!["info", "--port", "tcp:nowhere"], 5, "serial.port"),
        (vec!["info", "--port", "/nonexistent"], 3, "serial.open"),
        (vec!["info", "--port", &nobody], 3, "serial.open"),
        (vec!["info", "--port", "/dev/null"], 3, "serial.open"),
        (
            vec!["info", "--port", "a", "--board", "functional"],
            2,
            "usage",
        ),
        (vec!["info", "--port", "a", "--port", "b"], 2, "usage"),
    ] {
        let error = outcome(directory.path(), &arguments, exit);
        assert_eq!(error["code"], code, "{arguments:?}");
        assert!(!error["help"].as_str().unwrap().is_empty());
    }
}
