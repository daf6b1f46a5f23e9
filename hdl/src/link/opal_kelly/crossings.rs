//! Where signals go from one clock to another, for the timing constraints of a device.

/// A register of one clock domain whose bits the first flip-flops of a [`super::Synchroniser`] in the other take over.
///
/// Names are those of instances below [`super::Pipes`], with slashes between, and of the registers in them, as the emitted Verilog has them. Both flip-flops
/// of a synchroniser carry `ASYNC_REG` in the Verilog itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The register that sends.
    pub from: &'static str,
    /// The flip-flops that receive.
    pub to: &'static str,
    /// The bits are a Gray code: no bit may be more than a clock of the sender later than another.
    pub gray: bool,
    /// The sender's clock is the host interface's, not the engine's.
    pub from_host: bool,
}

/// Every crossing of the design. What is not here stays in one domain, but for the memory of each queue, whose words are read when they have stood for at
/// least two clocks of the reader: the path from its write clock to its read clock is none.
///
/// For each, the way from `from` to `to` takes at most a clock of the sender, whatever the receiver's clock is (`set_max_delay -datapath_only`), and the bits of
/// a Gray code differ by no more (`set_bus_skew`).
pub const CROSSINGS: [Crossing; 6] = [
    crossing(
        "requests/fifo/pushed_gray/q",
        "requests/fifo/pushed_seen/first",
        true,
        true,
    ),
    crossing(
        "requests/fifo/popped_gray/q",
        "requests/fifo/popped_seen/first",
        true,
        false,
    ),
    crossing(
        "replies/fifo/pushed_gray/q",
        "replies/fifo/pushed_seen/first",
        true,
        false,
    ),
    crossing(
        "replies/fifo/popped_gray/q",
        "replies/fifo/popped_seen/first",
        true,
        true,
    ),
    crossing("control_sent/q", "control_seen/first", false, true),
    crossing("status_sent/q", "status_seen/first", false, false),
];

const fn crossing(from: &'static str, to: &'static str, gray: bool, from_host: bool) -> Crossing {
    Crossing {
        from,
        to,
        gray,
        from_host,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pipes;
    use super::*;
    use rust_hdl::prelude::*;

    /// Every synchroniser of the emitted Verilog is the end of one crossing, and every register that is named exists.
    #[test]
    fn all_synchronisers_are_listed_and_all_names_exist() {
        let mut pipes = Pipes::new(9);
        pipes.connect_all();
        let verilog = generate_verilog_unchecked(&pipes);
        let module = |path: &str| {
            let (instance, register) = path.rsplit_once('/').unwrap();
            let name = format!("top${}", instance.replace('/', "$"));
            let begin = format!("module {name}(");
            let text = verilog
                .split(&begin)
                .nth(1)
                .unwrap_or_else(|| panic!("{name}"));
            let text = text.split("endmodule").next().unwrap().to_owned();
            (text, register.to_owned())
        };
        for crossing in CROSSINGS {
            for path in [crossing.from, crossing.to] {
                let (text, register) = module(path);
                assert!(text.contains(&format!("{register} <= d;")), "{path}");
                let named = crossing.gray && path == crossing.from;
                assert!(!named || path.contains("gray"));
            }
        }
        let found = verilog.matches("(* ASYNC_REG = \"TRUE\" *)").count();
        assert_eq!(found, 2 * CROSSINGS.len());
    }
}
