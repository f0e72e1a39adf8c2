/* Types, and which kernel is for which of them. */

enum { U8, I8, U16, I16, U32, I32, U64, I64, F32, F64 };

/* clang-format off */
#define FOR_TYPES(DEFINE)                                                                         \
    DEFINE(U8, u8, uint8_t) DEFINE(I8, i8, int8_t) DEFINE(U16, u16, uint16_t)                     \
    DEFINE(I16, i16, int16_t) DEFINE(U32, u32, uint32_t) DEFINE(I32, i32, int32_t)                \
    DEFINE(U64, u64, uint64_t) DEFINE(I64, i64, int64_t) DEFINE(F32, f32, float)                  \
    DEFINE(F64, f64, double)

/* Sums wrap, so those of signed numbers are made in the unsigned ones of their size. */
#define FOR_SUMS(DEFINE)                                                                          \
    DEFINE(U8, U16, u8, uint8_t, u16, uint16_t) DEFINE(U8, U32, u8, uint8_t, u32, uint32_t)       \
    DEFINE(I8, I16, i8, int8_t, u16, uint16_t) DEFINE(I8, I32, i8, int8_t, u32, uint32_t)         \
    DEFINE(U16, U32, u16, uint16_t, u32, uint32_t) DEFINE(U16, U64, u16, uint16_t, u64, uint64_t) \
    DEFINE(I16, I32, i16, int16_t, u32, uint32_t) DEFINE(I16, I64, i16, int16_t, u64, uint64_t)   \
    DEFINE(U32, U64, u32, uint32_t, u64, uint64_t) DEFINE(I32, I64, i32, int32_t, u64, uint64_t)

#define FOR_STATES(DEFINE)                                                                        \
    DEFINE(U16, u16, uint16_t) DEFINE(I16, u16, uint16_t) DEFINE(U32, u32, uint32_t)              \
    DEFINE(I32, u32, uint32_t) DEFINE(U64, u64, uint64_t) DEFINE(I64, u64, uint64_t)              \
    DEFINE(F32, f32, float) DEFINE(F64, f64, double)

#define FOR_SQUARES(DEFINE)                                                                       \
    DEFINE(U8, u8, uint8_t) DEFINE(U16, u16, uint16_t) DEFINE(F32, f32, float)                    \
    DEFINE(F64, f64, double)

/* Totals to whole numbers: computed in integers W, or in floats F of so many bits, which become
   integers I. */
#define BY_FLOATS float, 24, rintf, floorf
#define BY_DOUBLES double, 53, rint, floor
#define FOR_WHOLE(DEFINE)                                                                         \
    DEFINE(U16, U8, u16_u8, uint16_t, uint8_t, int64_t, int32_t, BY_FLOATS, 0, UINT8_MAX)         \
    DEFINE(U32, U8, u32_u8, uint32_t, uint8_t, int64_t, int32_t, BY_FLOATS, 0, UINT8_MAX)         \
    DEFINE(I16, I8, i16_i8, int16_t, int8_t, int64_t, int32_t, BY_FLOATS, INT8_MIN, INT8_MAX)     \
    DEFINE(I32, I8, i32_i8, int32_t, int8_t, int64_t, int32_t, BY_FLOATS, INT8_MIN, INT8_MAX)     \
    DEFINE(U32, U16, u32_u16, uint32_t, uint16_t, int64_t, int32_t, BY_DOUBLES, 0, UINT16_MAX)    \
    DEFINE(U64, U16, u64_u16, uint64_t, uint16_t, uint64_t, int32_t, BY_DOUBLES, 0, UINT16_MAX)   \
    DEFINE(I32, I16, i32_i16, int32_t, int16_t, int64_t, int32_t, BY_DOUBLES, INT16_MIN,          \
           INT16_MAX)                                                                             \
    DEFINE(I64, I16, i64_i16, int64_t, int16_t, int64_t, int32_t, BY_DOUBLES, INT16_MIN,          \
           INT16_MAX)                                                                             \
    DEFINE(U64, U32, u64_u32, uint64_t, uint32_t, uint64_t, int64_t, BY_DOUBLES, 0, UINT32_MAX)   \
    DEFINE(I64, I32, i64_i32, int64_t, int32_t, int64_t, int64_t, BY_DOUBLES, INT32_MIN,          \
           INT32_MAX)                                                                             \
    DEFINE(U64, U64, u64_u64, uint64_t, uint64_t, uint64_t, int64_t, BY_DOUBLES, 0, UINT64_MAX)   \
    DEFINE(I64, I64, i64_i64, int64_t, int64_t, int64_t, int64_t, BY_DOUBLES, INT64_MIN,          \
           INT64_MAX)

/* Totals to floats, divided in F. */
#define FOR_RATIOS(DEFINE)                                                                        \
    DEFINE(F32, F32, f32_f32, float, float, float)                                                \
    DEFINE(F64, F64, f64_f64, double, double, double)                                             \
    RATIOS_OF(DEFINE, U16, u16, uint16_t) RATIOS_OF(DEFINE, I16, i16, int16_t)                    \
    RATIOS_OF(DEFINE, U32, u32, uint32_t) RATIOS_OF(DEFINE, I32, i32, int32_t)                    \
    RATIOS_OF(DEFINE, U64, u64, uint64_t) RATIOS_OF(DEFINE, I64, i64, int64_t)
#define RATIOS_OF(DEFINE, code, t, T)                                                             \
    DEFINE(code, F32, t##_f32, T, double, float) DEFINE(code, F64, t##_f64, T, double, double)

#define DEFINE_TYPE(code, t, T)                                                                   \
    DEFINE_MERGES(t, T)                                                                           \
    DEFINE_TAPS(max_##t, T, T, SAME, max_##t) DEFINE_TAPS(min_##t, T, T, SAME, min_##t)           \
    DEFINE_SWEEPS(max_##t, T, max_##t) DEFINE_SWEEPS(min_##t, T, min_##t)
#define DEFINE_STATE(t, T)                                                                        \
    DEFINE_TAPS(add_##t##_##t, T, T, SAME, add_##t) DEFINE_SWEEPS(add_##t, T, add_##t)
#define DEFINE_SUM(code, state, x, X, s, S) DEFINE_TAPS(add_##x##_##s, X, S, WIDER, add_##s)
#define DEFINE_SQUARE(code, t, T) DEFINE_TAPS(squares_##t, T, double, SQUARED, add_f64)
#define DEFINE_LEADS(code, t, T)                                                                  \
    DEFINE_LEAD(max_##t, T, max_##t, >) DEFINE_LEAD(min_##t, T, min_##t, <)
#define DEFINE_RATIO_OF(state, type, tag, S, F, O) DEFINE_RATIO(tag, S, F, O)
#define DEFINE_QUOTIENT(...) DEFINE_QUOTIENT_(__VA_ARGS__)
#define DEFINE_QUOTIENT_(state, type, tag, S, O, W, I, F, BITS, RINT, DOWN, LEAST, MOST)          \
    DEFINE_WHOLE_ONE(tag, S, W, LEAST, MOST)                                                      \
    DEFINE_WHOLE(tag, S, O, I, F, BITS, RINT, DOWN, LEAST, MOST)

FOR_TYPES(DEFINE_TYPE)
FOR_TYPES(DEFINE_SELECT)
FOR_TYPES(DEFINE_LEADS)
FOR_TYPES(DEFINE_VALUES)
FOR_TYPES(DEFINE_LONGEST)
DEFINE_PICK(u8, uint8_t) DEFINE_PICK(u16, uint16_t)
DEFINE_PICK(u32, uint32_t) DEFINE_PICK(u64, uint64_t)
DEFINE_STATE(u16, uint16_t) DEFINE_STATE(u32, uint32_t) DEFINE_STATE(u64, uint64_t)
DEFINE_STATE(f32, float) DEFINE_STATE(f64, double)
FOR_SUMS(DEFINE_SUM)
FOR_SQUARES(DEFINE_SQUARE)
FOR_WHOLE(DEFINE_QUOTIENT)
FOR_RATIOS(DEFINE_RATIO_OF)

/* How taps of one type are folded to states. */
typedef struct {
    void (*taps)(const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, char *,
                 ptrdiff_t);
    void (*append)(char *, ptrdiff_t, const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t);
} Source;

typedef struct {
    int merge, input, state;
    Source pixels, states;
    void (*sweep)(char *, const char *, const char *, const char *, ptrdiff_t);
    void (*pairs)(const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, char *, ptrdiff_t);
} Fold;

#define FOLD_ENTRY(merge, input, state, from, states, tag)                                        \
    {merge, input, state, {taps_##from, append_##from}, {taps_##states, append_##states},         \
     sweep_##tag, pairs_##tag},
#define ENTER_TYPE(code, t, T)                                                                    \
    FOLD_ENTRY(MAX, code, code, max_##t, max_##t, max_##t)                                        \
    FOLD_ENTRY(MIN, code, code, min_##t, min_##t, min_##t)
#define ENTER_STATE(code, t, T)                                                                   \
    FOLD_ENTRY(ADD, code, code, add_##t##_##t, add_##t##_##t, add_##t)
#define ENTER_SUM(code, state, x, X, s, S)                                                        \
    FOLD_ENTRY(ADD, code, state, add_##x##_##s, add_##s##_##s, add_##s)
#define ENTER_SQUARE(code, t, T)                                                                  \
    FOLD_ENTRY(SQUARES, code, F64, squares_##t, add_f64_f64, add_f64)

static const Fold FOLDS[] = {
    FOR_TYPES(ENTER_TYPE) FOR_STATES(ENTER_STATE) FOR_SUMS(ENTER_SUM) FOR_SQUARES(ENTER_SQUARE)
};

/* How totals of one type become quotients of another. */
typedef void Divide(const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, char *, ptrdiff_t, int64_t,
                    uint64_t, int);

typedef struct {
    int state, type;
    Divide *divide;
} Quotient;

#define ENTER_WHOLE(state, type, tag, ...) {state, type, whole_##tag},
#define ENTER_RATIO(state, type, tag, ...) {state, type, ratio_##tag},

static const Quotient DIVISIONS[] = {FOR_WHOLE(ENTER_WHOLE) FOR_RATIOS(ENTER_RATIO)};
/* clang-format on */
