//! Names that Verilog takes.

/// Reserved words of Verilog-2005 and the SystemVerilog ones that tools reserve as well.
const RESERVED: &str = "
    always always_comb always_ff always_latch and assert assign assume automatic begin bind bit break buf bufif0 bufif1
    byte case casex casez cell chandle checker class cmos config const constraint context continue cover covergroup
    coverpoint cross deassign default defparam design disable dist do edge else end endcase endclass endconfig
    endfunction endgenerate endmodule endprimitive endspecify endtable endtask enum event expect export extends extern
    final first_match for force foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff
    ifnone import incdir include initial inout input inside instance int integer interface intersect join large liblist
    library local localparam logic longint macromodule matches medium modport module nand negedge new nmos nor not
    notif0 notif1 null or output package packed parameter pmos posedge primitive priority program property protected
    pull0 pull1 pulldown pullup pure rand randc rcmos real realtime ref reg release repeat return rnmos rpmos rtran
    rtranif0 rtranif1 scalared sequence shortint shortreal showcancelled signed small solve specify specparam static
    string strong0 strong1 struct super supply0 supply1 table tagged task this throughout time timeprecision timeunit
    tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unsigned use var vectored virtual
    void wait wait_order wand weak0 weak1 while wildcard wire with within wor xnor xor";

/// True for a plain Verilog identifier that is no reserved word.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.split_whitespace().any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::is_identifier;

    #[test]
    fn identifiers_are_told_from_the_rest() {
        for good in ["a", "_a", "ch2_acc", "Begin", "clock2"] {
            assert!(is_identifier(good), "{good}");
        }
        for bad in ["", "2a", "a b", "a-b", "begin", "signed", "a$b", "é"] {
            assert!(!is_identifier(bad), "{bad}");
        }
    }
}
