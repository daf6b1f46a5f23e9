# Builds the bitstream for an @NAME@ from top.v, top.xdc and mig.prj beside this script.
#
# usage: vivado -mode batch -source build.tcl -tclargs DIRECTORY
#   DIRECTORY  the vendor's "FrontPanel HDL" for the @NAME@ and this Vivado: @FILES@
#
# Writes top.bit, timing.rpt and utilization.rpt here, and Vivado's project to vivado/. Ends with an error, and without top.bit, if a clock
# is missed.
set part @PART@
set here [file dirname [file normalize [info script]]]

proc fail {text} {
    puts stderr "error: $text"
    exit 1
}

if {$argc != 1} {
    fail "give the directory with the vendor's FrontPanel HDL: vivado -mode batch -source build.tcl -tclargs DIRECTORY"
}
set library [file normalize [lindex $argv 0]]
set sources [list $here/top.v]
foreach name {@FILES@} {
    set path $library/$name
    if {![file isfile $path]} {
        fail "$path is missing: it is part of the vendor's FrontPanel HDL for the @NAME@"
    }
    lappend sources $path
}
foreach old {top.bit timing.rpt utilization.rpt} {
    file delete $here/$old
}

create_project -force rowfuse $here/vivado -part $part
add_files -norecurse $sources
add_files -fileset constrs_1 -norecurse $here/top.xdc
create_ip -vendor xilinx.com -library ip -name mig_7series -module_name mig7
set_property -dict [list \
    CONFIG.XML_INPUT_FILE $here/mig.prj \
    CONFIG.RESET_BOARD_INTERFACE Custom \
    CONFIG.MIG_DONT_TOUCH_PARAM Custom \
    CONFIG.BOARD_MIG_PARAM Custom \
] [get_ips mig7]
generate_target all [get_ips mig7]
set_property top top [current_fileset]
update_compile_order -fileset sources_1

launch_runs synth_1
wait_on_run synth_1
if {[get_property PROGRESS [get_runs synth_1]] ne "100%"} {
    fail "synthesis failed; see $here/vivado/rowfuse.runs/synth_1/runme.log"
}
launch_runs impl_1 -to_step route_design
wait_on_run impl_1
if {[get_property PROGRESS [get_runs impl_1]] ne "100%"} {
    fail "place and route failed; see $here/vivado/rowfuse.runs/impl_1/runme.log"
}

open_run impl_1
report_timing_summary -file $here/timing.rpt
report_utilization -hierarchical -file $here/utilization.rpt
foreach kind {setup hold} {
    set worst [get_timing_paths -$kind -max_paths 1]
    if {[llength $worst] == 0} {
        fail "no $kind path is timed: top.xdc was not read"
    }
    set slack [get_property SLACK $worst]
    puts "worst $kind slack: $slack ns"
    if {$slack < 0} {
        fail "the timing is not met ($kind slack $slack ns): see $here/timing.rpt; there is no bitstream"
    }
}
write_bitstream -force $here/top.bit
puts "$here/top.bit is ready"
