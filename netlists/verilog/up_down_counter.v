// up_down_counter: 6-bit two's-complement weight memory that counts by one, with saturation
// law     at each rise of clock: A <- A + 1 (up), A - 1 (not up), A (stop); A saturates at
//         -32*2^s and 31*2^s + 2^s - 1. The weight is q = floor(A/2^s), where s = SUB_LSBS, the
//         number of bits below the LSB, 0 to 4.
// ports   clock      in   its rise shows the new value: the cell's clock phase `slave`
//         stop       in   do not count at this clock
//         up         in   direction
//         load       in   its rise presets A, without a clock: the weight takes p, the bits below
//                         the LSB 2^(s-1), their middle; while load = 1 nothing counts
//         p          in   preset, two's complement, steady while load = 1
//         q          out  weight, two's complement, q[5] = sign
// The counterpart of cells/up_down_counter.cir.
module up_down_counter #(
    parameter SUB_LSBS = 0
) (
    input  wire       clock,
    input  wire       stop,
    input  wire       up,
    input  wire       load,
    input  wire [5:0] p,
    output wire [5:0] q
);
    localparam BITS = 6 + SUB_LSBS;
    localparam [BITS-1:0] ONE = 1, MIDDLE = ONE << SUB_LSBS >> 1;
    localparam [BITS-1:0] HIGHEST = ~(ONE << (BITS - 1));

    reg [BITS-1:0] accumulator;

    wire [BITS-1:0] preset = ({{(BITS - 6) {1'b0}}, p} << SUB_LSBS) | MIDDLE;
    // Counting down is counting up of the complement; both end at the highest number.
    wire [BITS-1:0] mirror = {BITS{~up}};
    wire [BITS-1:0] mirrored = accumulator ^ mirror;
    wire at_end = mirrored == HIGHEST;

    always @(posedge clock or posedge load)
        if (load) accumulator <= preset;
        else if (!stop && !at_end) accumulator <= (mirrored + ONE) ^ mirror;

    assign q = accumulator[BITS-1-:6];
endmodule
