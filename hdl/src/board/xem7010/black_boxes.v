// Modules that the vendors' tools bring: ports alone, for tools that have no sources of them. Never part of what Vivado builds.
(* blackbox *)
module okHost (
  input wire [7:0] hi_in, output wire [1:0] hi_out, inout wire [15:0] hi_inout, inout wire hi_aa,
  output wire ti_clk, output wire [30:0] ok1, input wire [16:0] ok2
);
endmodule

(* blackbox *)
module okWireOR #(parameter N = 1) (output wire [16:0] ok2, input wire [17*N-1:0] ok2s);
endmodule

(* blackbox *)
module okWireIn (input wire [30:0] ok1, input wire [7:0] ep_addr, output wire [15:0] ep_dataout);
endmodule

(* blackbox *)
module okWireOut (input wire [30:0] ok1, output wire [16:0] ok2, input wire [7:0] ep_addr, input wire [15:0] ep_datain);
endmodule

(* blackbox *)
module okBTPipeIn (
  input wire [30:0] ok1, output wire [16:0] ok2, input wire [7:0] ep_addr,
  output wire ep_write, output wire ep_blockstrobe, output wire [15:0] ep_dataout, input wire ep_ready
);
endmodule

(* blackbox *)
module okBTPipeOut (
  input wire [30:0] ok1, output wire [16:0] ok2, input wire [7:0] ep_addr,
  output wire ep_read, output wire ep_blockstrobe, input wire [15:0] ep_datain, input wire ep_ready
);
endmodule

(* blackbox *)
module mig7 (
  inout wire [15:0] ddr3_dq, inout wire [1:0] ddr3_dqs_n, inout wire [1:0] ddr3_dqs_p,
  output wire [14:0] ddr3_addr, output wire [2:0] ddr3_ba, output wire ddr3_ras_n, output wire ddr3_cas_n, output wire ddr3_we_n,
  output wire ddr3_reset_n, output wire [0:0] ddr3_ck_p, output wire [0:0] ddr3_ck_n, output wire [0:0] ddr3_cke,
  output wire [1:0] ddr3_dm, output wire [0:0] ddr3_odt,
  input wire sys_clk_p, input wire sys_clk_n, input wire sys_rst,
  input wire [28:0] app_addr, input wire [2:0] app_cmd, input wire app_en, output wire app_rdy,
  input wire [127:0] app_wdf_data, input wire app_wdf_end, input wire [15:0] app_wdf_mask, input wire app_wdf_wren, output wire app_wdf_rdy,
  output wire [127:0] app_rd_data, output wire app_rd_data_end, output wire app_rd_data_valid,
  input wire app_sr_req, input wire app_ref_req, input wire app_zq_req,
  output wire app_sr_active, output wire app_ref_ack, output wire app_zq_ack,
  output wire ui_clk, output wire ui_clk_sync_rst, output wire init_calib_complete, output wire [11:0] device_temp
);
endmodule
