//! Generates the Verilog wrapper with plain port names and the C++ file with the flat interface.

use std::fmt::Write;

use super::design::{Design, Direction, Port};

/// Module name of the generated wrapper.
pub(super) const TOP: &str = "rowfuse_dut";

/// Class name of the compiled model.
pub(super) const PREFIX: &str = "Vrowfuse";

/// Version of the interface below; part of the cache's key and checked on loading.
pub(super) const INTERFACE: u32 = 2;

/// Replaces Verilator's values for memories and registers without an initial one, which are the same in every word of a
/// memory: each draws anew from a generator (splitmix64) that starts at the model's seed. Zeros for seed 0.
pub(super) const POWER_ON: &str = "#pragma once
#include \"verilated.h\"
#include <cstdint>
inline thread_local uint64_t rowfuse_seed = 0, rowfuse_draws = 0;
inline uint64_t rowfuse_draw() {
  if (!rowfuse_seed) return 0;
  uint64_t z = (rowfuse_seed << 32) + ++rowfuse_draws * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
inline IData rowfuse_initial_i(int bits) { return (IData)rowfuse_draw() & VL_MASK_I(bits); }
inline QData rowfuse_initial_q(int bits) { return rowfuse_draw() & VL_MASK_Q(bits); }
inline WDataOutP rowfuse_initial_w(int bits, WDataOutP to) {
  for (int i = 0; i < VL_WORDS_I(bits); i++) to[i] = (EData)rowfuse_draw();
  to[VL_WORDS_I(bits) - 1] &= VL_MASK_E(bits);
  return to;
}
#define VL_SCOPED_RAND_RESET_I(bits, scope, salt) rowfuse_initial_i(bits)
#define VL_SCOPED_RAND_RESET_Q(bits, scope, salt) rowfuse_initial_q(bits)
#define VL_SCOPED_RAND_RESET_W(bits, to, scope, salt) rowfuse_initial_w(bits, to)
";

/// Name of the port at `index` among those of its direction. Verilator mangles `$` and reserved
/// words, so no name of the design reaches C++.
fn plain(direction: Direction, index: usize) -> String {
    let letter = match direction {
        Direction::Input => 'i',
        Direction::Output => 'o',
        Direction::Clock => 'c',
    };
    format!("{letter}{index}")
}

/// A module that instantiates the design's top and renames its ports.
pub(super) fn wrapper(design: &Design) -> String {
    let mut ports = Vec::new();
    let mut links = Vec::new();
    let mut probes = String::new();
    for direction in [Direction::Clock, Direction::Input, Direction::Output] {
        for (index, port) in design.ports_of(direction).enumerate() {
            let keyword = if direction == Direction::Output {
                "output"
            } else {
                "input"
            };
            let name = plain(direction, index);
            ports.push(format!("  {keyword} wire [{}:0] {name}", port.width - 1));
            match design.probed(port) {
                Some(path) => {
                    let _ = writeln!(probes, "  assign {name} = dut.{path};");
                }
                None => links.push(format!("    .{}({name})", port.name)),
            }
        }
    }
    format!(
        "module {TOP}(\n{}\n);\n  {} dut(\n{}\n  );\n{probes}endmodule\n",
        ports.join(",\n"),
        design.top,
        links.join(",\n")
    )
}

/// One C++ statement that moves a value from the input words, masked to its width because Verilator
/// takes clean inputs for granted.
fn load(name: &str, port: &Port, offset: usize) -> String {
    let mask = |bits: usize| {
        if bits.is_multiple_of(32) {
            u32::MAX
        } else {
            (1 << (bits % 32)) - 1
        }
    };
    match port.width {
        0..=32 => format!("t->{name} = in[{offset}] & {:#x}u;", mask(port.width)),
        33..=64 => format!(
            "t->{name} = (uint64_t)in[{offset}] | (uint64_t)(in[{}] & {:#x}u) << 32;",
            offset + 1,
            mask(port.width)
        ),
        _ => {
            let last = port.words() - 1;
            format!(
                "for (int k = 0; k < {last}; k++) t->{name}[k] = in[{offset} + k]; \
                 t->{name}[{last}] = in[{}] & {:#x}u;",
                offset + last,
                mask(port.width)
            )
        }
    }
}

/// One C++ statement that moves a value to the output words.
fn store(name: &str, port: &Port, offset: usize) -> String {
    match port.width {
        0..=32 => format!("out[{offset}] = t->{name};"),
        33..=64 => format!(
            "out[{offset}] = (uint32_t)t->{name}; out[{}] = (uint32_t)(t->{name} >> 32);",
            offset + 1
        ),
        _ => format!(
            "for (int k = 0; k < {}; k++) out[{offset} + k] = t->{name}[k];",
            port.words()
        ),
    }
}

/// What a model without waveforms does about them.
const UNTRACED: &str = "struct Trace {
  static void prepare(VerilatedContext &) {}
  void close() {}
  void low() {}
  void high() {}
};
";

/// A waveform being written, times in picoseconds: the state before each rising edge, and the one it leads to.
const TRACED: &str = "#include \"verilated_vcd_c.h\"
struct Trace {
  VerilatedVcdC *file = nullptr;
  uint64_t now = 0, half = 0;
  static void prepare(VerilatedContext &context) {
    context.traceEverOn(true);
    context.timeunit(-12);
    context.timeprecision(-12);
  }
  template <class T> int open(T *top, const char *path, uint64_t start, uint64_t half_period) {
    file = new VerilatedVcdC;
    file->set_time_unit(\"1ps\");
    file->set_time_resolution(\"1ps\");
    top->trace(file, 99);
    file->open(path);
    now = start;
    half = half_period;
    if (file->isOpen()) return 1;
    close();
    return 0;
  }
  void close() {
    if (!file) return;
    file->close();
    delete file;
    file = nullptr;
  }
  void low() {
    if (!file) return;
    file->dump(now);
    now += half;
  }
  void high() {
    if (!file) return;
    file->dump(now);
    now += half;
  }
};
";

/// Begins a waveform, or ends it where there is no path.
const TRACE_FUNCTION: &str =
    "API int rowfuse_trace(void *p, const char *path, uint64_t start, uint64_t half) {
  Model *m = (Model *)p;
  Verilated::threadContextp(&m->context);
  m->trace.close();
  return path ? m->trace.open(m->top, path, start, half) : 1;
}
";

/// Writes the counts of coverage.
const COVERAGE_FUNCTION: &str = "#include \"verilated_cov.h\"
API void rowfuse_coverage(void *p, const char *path) {
  Model *m = (Model *)p;
  Verilated::threadContextp(&m->context);
  m->context.coveragep()->write(path);
}
";

/// The C++ file behind `ffi.rs`: the two must agree. Whether the model counts coverage is `covers`.
pub(super) fn cpp(design: &Design, covers: bool) -> String {
    let mut text =
        format!("#include \"{PREFIX}.h\"\n#include \"verilated.h\"\n#include <cstdint>\n");
    text.push_str("#define API extern \"C\" __attribute__((visibility(\"default\")))\n");
    text.push_str(if design.trace { TRACED } else { UNTRACED });
    let _ = writeln!(
        text,
        "struct Model {{ VerilatedContext context; {PREFIX} *top; Trace trace; }};"
    );
    let mut words = [0, 0];
    let directions = [
        (Direction::Input, "in", "const uint32_t *in"),
        (Direction::Output, "out", "uint32_t *out"),
    ];
    for (side, (direction, _, argument)) in directions.into_iter().enumerate() {
        let function = ["load", "store"][side];
        let _ = writeln!(
            text,
            "static inline void {function}({PREFIX} *t, {argument}) {{"
        );
        for (index, port) in design.ports_of(direction).enumerate() {
            let name = plain(direction, index);
            let line = if side == 0 {
                load(&name, port, words[0])
            } else {
                store(&name, port, words[1])
            };
            let _ = writeln!(text, "  {line}");
            words[side] += port.words();
        }
        text.push_str("}\n");
    }
    let _ = writeln!(text, "static inline void clocks({PREFIX} *t, int level) {{");
    for index in 0..design.ports_of(Direction::Clock).count() {
        let _ = writeln!(text, "  t->{} = level;", plain(Direction::Clock, index));
    }
    let [inputs, outputs] = words;
    let _ = write!(
        text,
        "}}
API uint32_t rowfuse_interface() {{ return {INTERFACE}; }}
API void rowfuse_words(uint64_t *words) {{ words[0] = {inputs}; words[1] = {outputs}; }}
API void *rowfuse_new(uint64_t seed) {{
  Model *m = new Model;
  rowfuse_seed = seed;
  rowfuse_draws = 0;
  Verilated::threadContextp(&m->context);
  Trace::prepare(m->context);
  m->top = new {PREFIX}(&m->context);
  clocks(m->top, 0);
  m->top->eval();
  return m;
}}
API void rowfuse_free(void *p) {{
  Model *m = (Model *)p;
  m->trace.close();
  m->top->final();
  delete m->top;
  delete m;
}}
API void rowfuse_settle(void *p, const uint32_t *in, uint32_t *out) {{
  Model *m = (Model *)p;
  Verilated::threadContextp(&m->context);
  clocks(m->top, 0);
  load(m->top, in);
  m->top->eval();
  store(m->top, out);
}}
API void rowfuse_cycles(void *p, uint64_t n, const uint32_t *in, uint32_t *out) {{
  Model *m = (Model *)p;
  Verilated::threadContextp(&m->context);
  {PREFIX} *t = m->top;
  for (; n; n--, in += {inputs}, out += {outputs}) {{
    clocks(t, 0);
    load(t, in);
    t->eval();
    store(t, out);
    m->trace.low();
    clocks(t, 1);
    t->eval();
    m->trace.high();
  }}
}}
"
    );
    if design.trace {
        text.push_str(TRACE_FUNCTION);
    }
    if covers {
        text.push_str(COVERAGE_FUNCTION);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrapper_renames_every_port() {
        let ports = [
            Port::clock("clock"),
            Port::input("a$b", 8),
            Port::output("q", 70),
        ];
        let text = wrapper(&Design::new("d", "", "top", &ports));
        for part in [
            ".clock(c0)",
            ".a$b(i0)",
            ".q(o0)",
            "[7:0] i0",
            "[69:0] o0",
            "top dut(",
        ] {
            assert!(text.contains(part), "{part} is missing from\n{text}");
        }
    }

    #[test]
    fn probes_are_no_ports_of_the_design() {
        let design = Design::new("d", "", "top", &[Port::output("q", 1)]);
        let text = wrapper(&design.probe("deep", 3, "a.b$c"));
        assert!(text.contains("[2:0] o1") && text.contains("assign o1 = dut.a.b$c;"));
        assert!(!text.contains(".deep("), "{text}");
    }

    #[test]
    fn inputs_are_masked_to_their_width() {
        assert!(load("i0", &Port::input("a", 9), 3).ends_with("in[3] & 0x1ffu;"));
        assert!(load("i0", &Port::input("a", 32), 0).contains("0xffffffffu"));
        assert!(load("i0", &Port::input("a", 33), 0).contains("in[1] & 0x1u"));
        assert!(load("i0", &Port::input("a", 65), 0).contains("in[2] & 0x1u"));
        assert!(load("i0", &Port::input("a", 96), 0).contains("in[2] & 0xffffffffu"));
    }
}
