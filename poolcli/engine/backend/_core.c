/* Pooling of windows in compiled loops: folds, order statistics, counts.

   Every array is (outer, depth, height, width, channels); pixels of a row and channels of a pixel lie next to each other,
   the other axes may lie anywhere. Windows come as runs: see `Run`. Arguments are checked first, then the GIL is
   released. There is no state between calls. */

#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdlib.h>

enum { HALF_EVEN, HALF_UP, FLOOR };
enum { MAX, MIN, ADD, SQUARES };

#include "_kernels.h"

/* Types and kernels ------------------------------------------------------------------------------------------------ */

enum { U8, I8, U16, I16, U32, I32, U64, I64, F32, F64 };

#define FOR_TYPES(DEFINE)                                                                                              \
    DEFINE(U8, u8, uint8_t) DEFINE(I8, i8, int8_t) DEFINE(U16, u16, uint16_t) DEFINE(I16, i16, int16_t)                \
    DEFINE(U32, u32, uint32_t) DEFINE(I32, i32, int32_t) DEFINE(U64, u64, uint64_t) DEFINE(I64, i64, int64_t)          \
    DEFINE(F32, f32, float) DEFINE(F64, f64, double)

/* Sums wrap, so those of signed numbers are made in the unsigned ones of their size. */
#define FOR_SUMS(DEFINE)                                                                                               \
    DEFINE(U8, U16, u8, uint8_t, u16, uint16_t) DEFINE(U8, U32, u8, uint8_t, u32, uint32_t)                            \
    DEFINE(I8, I16, i8, int8_t, u16, uint16_t) DEFINE(I8, I32, i8, int8_t, u32, uint32_t)                              \
    DEFINE(U16, U32, u16, uint16_t, u32, uint32_t) DEFINE(U16, U64, u16, uint16_t, u64, uint64_t)                      \
    DEFINE(I16, I32, i16, int16_t, u32, uint32_t) DEFINE(I16, I64, i16, int16_t, u64, uint64_t)                        \
    DEFINE(U32, U64, u32, uint32_t, u64, uint64_t) DEFINE(I32, I64, i32, int32_t, u64, uint64_t)

#define FOR_STATES(DEFINE)                                                                                             \
    DEFINE(U16, u16, uint16_t) DEFINE(I16, u16, uint16_t) DEFINE(U32, u32, uint32_t) DEFINE(I32, u32, uint32_t)        \
    DEFINE(U64, u64, uint64_t) DEFINE(I64, u64, uint64_t) DEFINE(F32, f32, float) DEFINE(F64, f64, double)

#define FOR_SQUARES(DEFINE) DEFINE(U8, u8, uint8_t) DEFINE(U16, u16, uint16_t) DEFINE(F32, f32, float) DEFINE(F64, f64, double)

#define DEFINE_TYPE(code, t, T)                                                                                        \
    DEFINE_MERGES(t, T)                                                                                                \
    DEFINE_TAPS(max_##t, T, T, SAME, max_##t) DEFINE_TAPS(min_##t, T, T, SAME, min_##t)                                \
    DEFINE_SWEEPS(max_##t, T, max_##t) DEFINE_SWEEPS(min_##t, T, min_##t)
#define DEFINE_STATE(t, T) DEFINE_TAPS(add_##t##_##t, T, T, SAME, add_##t) DEFINE_SWEEPS(add_##t, T, add_##t)
#define DEFINE_SUM(code, state, x, X, s, S) DEFINE_TAPS(add_##x##_##s, X, S, WIDER, add_##s)
#define DEFINE_SQUARE(code, t, T) DEFINE_TAPS(squares_##t, T, double, SQUARED, add_f64)

FOR_TYPES(DEFINE_TYPE)
DEFINE_PICK(u8, uint8_t) DEFINE_PICK(u16, uint16_t) DEFINE_PICK(u32, uint32_t) DEFINE_PICK(u64, uint64_t)
DEFINE_STATE(u16, uint16_t) DEFINE_STATE(u32, uint32_t) DEFINE_STATE(u64, uint64_t)
DEFINE_STATE(f32, float) DEFINE_STATE(f64, double)
FOR_SUMS(DEFINE_SUM)
FOR_SQUARES(DEFINE_SQUARE)

/* How taps of one type are folded to states. */
typedef struct {
    void (*taps)(const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, char *, ptrdiff_t);
    void (*append)(char *, ptrdiff_t, const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t);
} Source;

typedef struct {
    int merge, input, state;
    Source pixels, states;
    void (*sweep)(char *, const char *, const char *, const char *, ptrdiff_t);
    void (*pairs)(const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, char *, ptrdiff_t);
} Fold;

#define SOURCE(tag) {taps_##tag, append_##tag}
#define ENTER_TYPE(code, t, T)                                                                                         \
    {MAX, code, code, SOURCE(max_##t), SOURCE(max_##t), sweep_max_##t, pairs_max_##t},                                 \
    {MIN, code, code, SOURCE(min_##t), SOURCE(min_##t), sweep_min_##t, pairs_min_##t},
#define ENTER_STATE(code, t, T)                                                                                        \
    {ADD, code, code, SOURCE(add_##t##_##t), SOURCE(add_##t##_##t), sweep_add_##t, pairs_add_##t},
#define ENTER_SUM(code, state, x, X, s, S)                                                                             \
    {ADD, code, state, SOURCE(add_##x##_##s), SOURCE(add_##s##_##s), sweep_add_##s, pairs_add_##s},
#define ENTER_SQUARE(code, t, T)                                                                                       \
    {SQUARES, code, F64, SOURCE(squares_##t), SOURCE(add_f64_f64), sweep_add_f64, pairs_add_f64},

static const Fold FOLDS[] = {FOR_TYPES(ENTER_TYPE) FOR_STATES(ENTER_STATE) FOR_SUMS(ENTER_SUM) FOR_SQUARES(ENTER_SQUARE)};

/* Totals of one type to quotients of another. */
#define FOR_WHOLE(DEFINE)                                                                                              \
    DEFINE(U16, U8, u16_u8, uint16_t, uint8_t, int64_t, int32_t, float, 24, rintf, floorf, 0, UINT8_MAX)               \
    DEFINE(U32, U8, u32_u8, uint32_t, uint8_t, int64_t, int32_t, float, 24, rintf, floorf, 0, UINT8_MAX)               \
    DEFINE(I16, I8, i16_i8, int16_t, int8_t, int64_t, int32_t, float, 24, rintf, floorf, INT8_MIN, INT8_MAX)           \
    DEFINE(I32, I8, i32_i8, int32_t, int8_t, int64_t, int32_t, float, 24, rintf, floorf, INT8_MIN, INT8_MAX)           \
    DEFINE(U32, U16, u32_u16, uint32_t, uint16_t, int64_t, int32_t, double, 53, rint, floor, 0, UINT16_MAX)            \
    DEFINE(U64, U16, u64_u16, uint64_t, uint16_t, uint64_t, int32_t, double, 53, rint, floor, 0, UINT16_MAX)           \
    DEFINE(I32, I16, i32_i16, int32_t, int16_t, int64_t, int32_t, double, 53, rint, floor, INT16_MIN, INT16_MAX)       \
    DEFINE(I64, I16, i64_i16, int64_t, int16_t, int64_t, int32_t, double, 53, rint, floor, INT16_MIN, INT16_MAX)       \
    DEFINE(U64, U32, u64_u32, uint64_t, uint32_t, uint64_t, int64_t, double, 53, rint, floor, 0, UINT32_MAX)           \
    DEFINE(I64, I32, i64_i32, int64_t, int32_t, int64_t, int64_t, double, 53, rint, floor, INT32_MIN, INT32_MAX)       \
    DEFINE(U64, U64, u64_u64, uint64_t, uint64_t, uint64_t, int64_t, double, 53, rint, floor, 0, UINT64_MAX)           \
    DEFINE(I64, I64, i64_i64, int64_t, int64_t, int64_t, int64_t, double, 53, rint, floor, INT64_MIN, INT64_MAX)

#define FOR_RATIOS(DEFINE)                                                                                             \
    DEFINE(F32, F32, f32_f32, float, float, float) DEFINE(F64, F64, f64_f64, double, double, double)                   \
    DEFINE(U16, F32, u16_f32, uint16_t, double, float) DEFINE(U16, F64, u16_f64, uint16_t, double, double)             \
    DEFINE(I16, F32, i16_f32, int16_t, double, float) DEFINE(I16, F64, i16_f64, int16_t, double, double)               \
    DEFINE(U32, F32, u32_f32, uint32_t, double, float) DEFINE(U32, F64, u32_f64, uint32_t, double, double)             \
    DEFINE(I32, F32, i32_f32, int32_t, double, float) DEFINE(I32, F64, i32_f64, int32_t, double, double)               \
    DEFINE(U64, F32, u64_f32, uint64_t, double, float) DEFINE(U64, F64, u64_f64, uint64_t, double, double)             \
    DEFINE(I64, F32, i64_f32, int64_t, double, float) DEFINE(I64, F64, i64_f64, int64_t, double, double)

#define DEFINE_QUOTIENT(state, type, tag, S, O, W, I, F, BITS, RINT, DOWN, LEAST, MOST)                                \
    DEFINE_WHOLE_ONE(tag, S, W, LEAST, MOST)                                                                           \
    DEFINE_WHOLE(tag, S, O, I, F, BITS, RINT, DOWN, LEAST, MOST)
#define DEFINE_RATIO_OF(state, type, tag, S, F, O) DEFINE_RATIO(tag, S, F, O)

FOR_TYPES(DEFINE_SELECT)
#define DEFINE_LEADS(code, t, T) DEFINE_LEAD(max_##t, T, max_##t, >) DEFINE_LEAD(min_##t, T, min_##t, <)
FOR_TYPES(DEFINE_LEADS)
FOR_TYPES(DEFINE_VALUES)
FOR_TYPES(DEFINE_LONGEST)
DEFINE_NAN(f32, float) DEFINE_NAN(f64, double)
FOR_WHOLE(DEFINE_QUOTIENT)
FOR_RATIOS(DEFINE_RATIO_OF)

typedef void Divide(const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, char *, ptrdiff_t, int64_t, uint64_t, int);

typedef struct {
    int state, type;
    Divide *divide;
} Quotient;

#define ENTER_WHOLE(state, type, tag, S, O, W, I, F, BITS, RINT, DOWN, LEAST, MOST) {state, type, whole_##tag},
#define ENTER_RATIO(state, type, tag, S, F, O) {state, type, ratio_##tag},

static const Quotient QUOTIENTS_[] = {FOR_WHOLE(ENTER_WHOLE) FOR_RATIOS(ENTER_RATIO)};

/* Arguments -------------------------------------------------------------------------------------------------------- */

static int fail(const char *message)
{
    PyErr_SetString(PyExc_ValueError, message);
    return 0;
}

/* The type a format letter stands for, or -1. */
static int type_of(int letter)
{
    int wide = sizeof(long) == 8 ? U64 : U32;
    switch (letter) {
    case '?': case 'B': return U8;
    case 'b': return I8;
    case 'H': return U16;
    case 'h': return I16;
    case 'I': return U32;
    case 'i': return I32;
    case 'L': return wide;
    case 'l': return wide + 1;
    case 'Q': return U64;
    case 'q': return I64;
    case 'f': return F32;
    case 'd': return F64;
    }
    return -1;
}

static ptrdiff_t size_of(int type)
{
    return type >= F32 ? type == F32 ? 4 : 8 : (ptrdiff_t)1 << type / 2;
}

typedef struct {
    Py_buffer view;
    char *data;
    int type;
    ptrdiff_t shape[5], step[5]; /* steps in bytes */
} Array;

/* Look at an array of five axes. It is released by the caller, also after a failure. */
static int open_array(Array *a, PyObject *object, int flags)
{
    if (PyObject_GetBuffer(object, &a->view, PyBUF_STRIDES | PyBUF_FORMAT | flags) < 0)
        return 0;
    const char *format = a->view.format ? a->view.format : "B";
    a->data = a->view.buf;
    a->type = format[0] && !format[1] ? type_of(format[0]) : -1;
    if (a->type < 0 || a->view.itemsize != size_of(a->type))
        return fail("array of an unknown type");
    if (a->view.ndim != 5)
        return fail("array must have five axes");
    ptrdiff_t size = a->view.itemsize, lowest = (ptrdiff_t)((size_t)a->data % (size_t)size);
    for (int axis = 0; axis < 5; axis++) {
        a->shape[axis] = a->view.shape[axis];
        a->step[axis] = a->shape[axis] > 1 ? a->view.strides[axis] : 0;
        lowest |= a->step[axis] % size;
    }
    if (lowest)
        return fail("array must be aligned");
    if ((a->shape[4] > 1 && a->step[4] != size) || (a->shape[3] > 1 && a->step[3] != size * a->shape[4]))
        return fail("pixels of a row must lie next to each other");
    return 1;
}

/* A copy of a vector or table of 64-bit whole numbers, so that nobody changes it after it has been checked. */
static int64_t *open_numbers(PyObject *object, ptrdiff_t *rows, ptrdiff_t columns)
{
    Py_buffer view;
    int64_t *copy = NULL;
    if (PyObject_GetBuffer(object, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        return NULL;
    const char *format = view.format ? view.format : "B";
    if (view.ndim != (columns ? 2 : 1) || (columns && view.shape[1] != columns))
        fail("table of a wrong shape");
    else if (format[0] == 0 || format[1] || type_of(format[0]) != I64)
        fail("table must be of 64-bit whole numbers");
    else if (!(copy = malloc((size_t)view.len + 1)))
        PyErr_NoMemory();
    else {
        memcpy(copy, view.buf, (size_t)view.len);
        *rows = view.shape[0];
    }
    PyBuffer_Release(&view);
    return copy;
}

/* `number` windows of `size` taps `step` apart, the first at pixel `start`, each next `stride` further: they are the
   cells `cell`, `cell + every`, ... of an axis. */
typedef struct {
    int64_t cell, number, start, stride, size, step, every;
} Run;

typedef struct {
    Run *runs;
    ptrdiff_t count;
} Runs;

static const int64_t LARGEST = (int64_t)1 << 31;

/* The runs of an axis: every cell belongs to one of them, or some to none, and every tap is a pixel. */
static int open_runs(Runs *runs, PyObject *table, ptrdiff_t pixels, ptrdiff_t cells, int some)
{
    runs->runs = (Run *)open_numbers(table, &runs->count, 7);
    char *seen = runs->runs ? calloc((size_t)cells + 1, 1) : NULL;
    int good = seen != NULL;
    if (runs->runs && !seen)
        PyErr_NoMemory();
    for (ptrdiff_t at = 0; good && at < runs->count; at++) {
        Run *run = runs->runs + at;
        int64_t *field = &run->cell;
        for (int i = 0; i < 7; i++)
            good = good && field[i] >= 0 && field[i] < LARGEST;
        good = good && run->number > 0 && run->size > 0 && run->step > 0 && run->every > 0;
        good = good && run->cell + (run->number - 1) * run->every < cells;
        good = good && run->start + (run->number - 1) * run->stride + (run->size - 1) * run->step < pixels;
        for (int64_t i = 0; good && i < run->number; i++)
            good = !seen[run->cell + i * run->every]++;
        if (!good)
            fail("a run does not fit its axis");
    }
    if (good && !some && memchr(seen, 0, (size_t)cells))
        good = fail("a cell belongs to no run");
    free(seen);
    return good;
}

/* The part of a run that is among some cells, with cells and pixels counted from there on; its number may be 0. */
static Run part_of(const Run *run, int64_t first, int64_t stop, int64_t pixel)
{
    Run part = *run;
    int64_t low = first > run->cell ? (first - run->cell + run->every - 1) / run->every : 0;
    int64_t high = stop > run->cell ? (stop - run->cell + run->every - 1) / run->every : 0;
    part.number = (high < run->number ? high : run->number) - low;
    part.cell += low * run->every - first;
    part.start += low * run->stride - pixel;
    return part;
}

static int64_t pixels_of(const Run *run)
{
    return (run->number - 1) * run->stride + (run->size - 1) * run->step + 1;
}

/* Folds ------------------------------------------------------------------------------------------------------------ */

enum {
    NEAR = 8192,    /* bytes of a row of states, and of those worked on together: a part of the first cache */
    FAR = 1 << 18,  /* the same of the second cache */
    LARGE = 1 << 23, /* bytes of a result that does not stay in cache */
    STRIP = 128,    /* bytes of a row whose overlapping windows are folded together, down a map */
    PIECE = 4096,   /* bytes of the rows of a large window that are folded together */
    DIRECT = 8,     /* windows of so many strides are folded one by one */
    CHANNELS = 16,  /* channels that are a line of their own */
    FEW = 4         /* rows that are too few to be worked on by columns */
};

/* Fold windows of n lines each, as the definition says: an even number in halves, an odd one but the last, then that. */
static void fold_windows(const Source *source, const Fold *fold, const char *x, ptrdiff_t window, ptrdiff_t tap,
                         ptrdiff_t n, ptrdiff_t windows, ptrdiff_t length, char *out, ptrdiff_t next, char *spare)
{
    ptrdiff_t bytes = length * size_of(fold->state);
    if (n <= 4) {
        source->taps(x, window, tap, n, windows, length, out, next);
        return;
    }
    ptrdiff_t most = PIECE / bytes > 1 ? PIECE / bytes : 1;
    for (; windows > 0; windows -= most, x += most * window, out += most * next) {
        ptrdiff_t some = windows < most ? windows : most, half = n / 2;
        if (n % 2) {
            fold_windows(source, fold, x, window, tap, n - 1, some, length, out, next, spare);
            source->append(out, next, x + (n - 1) * tap, window, some, length);
        } else {
            fold_windows(source, fold, x, window, tap, half, some, length, out, next, spare);
            fold_windows(source, fold, x + half * tap, window, tap, half, some, length, spare, bytes,
                         spare + some * bytes);
            fold->states.append(out, next, spare, bytes, some, length);
        }
    }
}

/* The same, a piece of a line at a time where it is read and written again and again. */
static void fold_lines(const Source *source, const Fold *fold, const char *x, ptrdiff_t input, ptrdiff_t window,
                       ptrdiff_t tap, ptrdiff_t n, ptrdiff_t windows, ptrdiff_t length, char *out, ptrdiff_t next,
                       char *spare)
{
    ptrdiff_t item = size_of(fold->state), piece = n > 4 ? PIECE / item : length;
    for (ptrdiff_t at = 0; at < length; at += piece)
        fold_windows(source, fold, x + at * input, window, tap, n, windows, length - at < piece ? length - at : piece,
                     out + at * item, next, spare);
}

/* Fold windows of n > 1 elements, `apart` elements apart, at `count` positions one after another; from the binary digits
   of n, top first. `work` has room for all elements seen. */
static void fold_everywhere(const Fold *fold, const char *x, ptrdiff_t apart, ptrdiff_t n, ptrdiff_t count, char *out,
                            char *work)
{
    ptrdiff_t item = size_of(fold->state), step = apart * item, digits = 0;
    while (n >> digits > 4)
        digits++;
    ptrdiff_t size = n >> digits;
    fold->states.taps(x, 0, step, size, 1, count + (n - size) * apart, digits ? work : out, 0);
    while (digits-- > 0) {
        const char *odd = n >> digits & 1 ? x + 2 * size * step : NULL;
        char *result = digits ? work : out;
        ptrdiff_t half = size;
        size = n >> digits;
        fold->sweep(result, work, work + half * step, odd, count + (n - size) * apart);
    }
}

/* Wide copies of narrow pixels, each written over by the next one; nothing lies between them. */
#define PICK_OVER(bytes)                                                                                               \
    EACH(i, number - 1)                                                                                                \
    memcpy(out + i * (size), x + i * stride, bytes);                                                                   \
    memcpy(out + (number - 1) * (size), x + (number - 1) * stride, (size_t)(size))

/* Copy `number` pixels of `size` bytes, which lie `stride` apart, to where they lie `next` apart. */
static void pick(const char *x, ptrdiff_t stride, ptrdiff_t size, ptrdiff_t number, char *out, ptrdiff_t next)
{
    if (size == stride && size == next)
        memcpy(out, x, (size_t)(number * size));
    else if (size == 1)
        pick_u8(x, stride, number, out, next);
    else if (size == 2 && (stride | next) % 2 == 0)
        pick_u16(x, stride / 2, number, out, next / 2);
    else if (size == 4 && (stride | next) % 4 == 0)
        pick_u32(x, stride / 4, number, out, next / 4);
    else if (size == 8 && (stride | next) % 8 == 0)
        pick_u64(x, stride / 8, number, out, next / 8);
    else if (size == 3 && next == 3 && stride > 3) {
        PICK_OVER(4);
    } else if (size == 6 && next == 6 && stride > 6) {
        PICK_OVER(8);
    } else if (size == 12 && next == 12 && stride > 12) {
        PICK_OVER(16);
    } else
        EACH(i, number) memcpy(out + i * next, x + i * stride, (size_t)size);
}

/* Fold a single window that is longer than caches: in halves, until they are not. */
static void fold_long(const Fold *fold, const char *x, ptrdiff_t apart, ptrdiff_t n, ptrdiff_t channels, char *out,
                      char *work)
{
    ptrdiff_t item = size_of(fold->state), pixel = channels * item;
    if (n > 1 && n * apart * item > NEAR) {
        char *other = work, *rest = work + pixel;
        fold_long(fold, x, apart, n / 2, channels, out, rest);
        fold_long(fold, x + n / 2 * apart * item, apart, n / 2, channels, other, rest);
        fold->sweep(out, out, other, NULL, channels);
        if (n % 2)
            fold->states.append(out, 0, x + (n - 1) * apart * item, 0, 1, channels);
    } else if (n > 1)
        fold_everywhere(fold, x, apart, n, channels, out, work);
    else
        memcpy(out, x, (size_t)pixel);
}

/* Fold the windows of a run along some rows of states. `work` has room for all of them twice.

   Where windows go on from row to row at their stride, some rows are one row: what a window over the end of a row gives
   is written to a cell of another run of these rows. */
static void fold_rows(const Fold *fold, const char *x, ptrdiff_t row, ptrdiff_t rows, const Run *run,
                      ptrdiff_t channels, char *out, ptrdiff_t next, int through, char *work)
{
    ptrdiff_t pixel = channels * size_of(fold->state), size = run->size, number = run->number;
    ptrdiff_t stride = run->stride, apart = run->step * channels, every = run->every * pixel;
    if (through && rows > 1 && run->every == 1 && row == stride * next) {
        ptrdiff_t most = 2 * NEAR / row > 1 ? 2 * NEAR / row : 1;
        for (; rows > 0; rows -= most, x += most * row, out += most * next) {
            Run all = *run;
            all.number += ((rows < most ? rows : most) - 1) * (next / pixel);
            fold_rows(fold, x, row, 1, &all, channels, out, next, 0, work);
        }
        return;
    }
    int flat = number == 1 || (stride == 1 && run->every == 1);
    x += run->start * pixel;
    out += run->cell * pixel;
    if (flat && size <= 4) {
        fold->states.taps(x, row, run->step * pixel, size, rows, number * channels, out, next);
        return;
    }
    if (channels == 1 && stride == 2 && run->step == 1 && run->every == 1 && (size == 2 || size == 3)) {
        fold->pairs(x, row, size, rows, number, out, next);
        return;
    }
    int halves = channels == 1 && stride % 2 == 0 && run->step == 1 && size % 2 == 0 && stride > 0
                 && ((size & (size - 1)) == 0 || fold->state < F32 || fold->merge < ADD);
    for (; rows > 0; rows--, x += row, out += next) {
        if (size == 1)
            pick(x, stride * pixel, pixel, number, out, every);
        else if (halves) { /* of neighbours first, which are fewer then */
            Run rest = {0, number, 0, stride / 2, size / 2, 1, run->every};
            ptrdiff_t length = pixels_of(&rest);
            fold->pairs(x, 0, 2, 1, length, work, 0);
            fold_rows(fold, work, 0, 1, &rest, 1, out, 0, 0, work + length * pixel);
        } else if (number == 1)
            fold_long(fold, x, apart, size, channels, out, work);
        else if (channels >= CHANNELS && size <= DIRECT * stride)
            fold_windows(&fold->states, fold, x, stride * pixel, run->step * pixel, size, number, channels, out, every,
                         work);
        else {
            ptrdiff_t count = ((number - 1) * stride + 1) * channels;
            fold_everywhere(fold, x, apart, size, count, flat ? out : work, work);
            if (!flat)
                pick(work, stride * pixel, pixel, number, out, every);
        }
    }
}

/* Columns of some rows, each of them a line. */
typedef struct {
    int64_t first, stop;
    char *lines;
} Columns;

/* Fold one window in each of many rows: as a window of columns. */
static void fold_columns(const Fold *fold, const char *x, ptrdiff_t row, ptrdiff_t rows, const Run *run,
                         ptrdiff_t channels, char *out, ptrdiff_t next, Columns *columns, char *work)
{
    ptrdiff_t pixel = channels * size_of(fold->state), line = rows * pixel;
    int64_t stop = run->start + pixels_of(run);
    if (run->start < columns->first || run->start > columns->stop)
        columns->first = columns->stop = run->start;
    for (; columns->stop < stop; columns->stop++)
        pick(x + columns->stop * pixel, row, pixel, rows, columns->lines + (columns->stop - columns->first) * line,
             pixel);
    fold_windows(&fold->states, fold, columns->lines + (run->start - columns->first) * line, 0, run->step * line,
                 run->size, 1, rows * channels, work, line, work + line);
    pick(work, pixel, pixel, rows, out + run->cell * pixel, next);
}

/* Some neighbouring cells of a row, and the parts of runs that they are. */
typedef struct {
    ptrdiff_t first, stop, pixel, pixels;
    Run *parts;
    ptrdiff_t count;
} Tile;

typedef struct {
    const Fold *fold;
    const Quotient *quotient; /* NULL: states are the result */
    Array x, out;
    Runs runs[3];
    int64_t *counts[3], *alike; /* `alike`: for each cell of a row, the next one with another count */
    uint64_t bound; /* of the magnitude of totals */
    int rounding;
    Tile *tiles;
    ptrdiff_t tile_count, widest; /* pixels or cells in a row of a tile, at most */
    char *room, *rows, *cells, *result, *depth, *strip, *columns, *work;
    int large; /* the result does not stay in cache */
} FoldJob;

static int slides(const Run *run)
{
    return run->number > 1 && run->size > DIRECT * run->stride;
}

/* How many windows of a run down a map are folded together, where rows of states have so many bytes. */
static ptrdiff_t band_of(const Run *run, ptrdiff_t bytes)
{
    int64_t most = 2 * NEAR / bytes;
    if (slides(run))
        most = 32 + 2 * run->size * run->step / (run->stride > 0 ? run->stride : 1);
    most = most < 1 ? 1 : most > run->number ? run->number : most;
    int64_t bands = (run->number + most - 1) / most;
    return (run->number + bands - 1) / bands;
}

static ptrdiff_t lines_of(const Run *run, ptrdiff_t band)
{
    return (band - 1) * run->stride + (run->size - 1) * run->step + 1;
}

/* Cut rows into tiles of no more than so many bytes of states, if one cell does not need more. */
static int cut_tiles(FoldJob *job, ptrdiff_t most)
{
    const Runs *runs = &job->runs[2];
    ptrdiff_t cells = job->out.shape[3], width = job->x.shape[3];
    ptrdiff_t pixel = job->x.shape[4] * size_of(job->fold->state);
    ptrdiff_t count = (width * pixel + most - 1) / most, each;
    count = count > cells ? cells : count;
    each = (cells + count - 1) / count;
    job->tile_count = count = (cells + each - 1) / each;
    job->tiles = calloc((size_t)count, sizeof(Tile));
    for (ptrdiff_t at = 0; job->tiles && at < count; at++) {
        Tile *tile = job->tiles + at;
        ptrdiff_t stop = 0;
        tile->first = at * each;
        tile->stop = tile->first + each < cells ? tile->first + each : cells;
        tile->pixel = width;
        if (!(tile->parts = malloc((size_t)runs->count * sizeof(Run))))
            return 0;
        EACH(i, runs->count)
        {
            Run part = part_of(&runs->runs[i], tile->first, tile->stop, 0);
            if (part.number <= 0)
                continue;
            tile->parts[tile->count++] = part;
            if (part.number > tile->parts[0].number) { /* the longest first: see `fold_rows` */
                tile->parts[tile->count - 1] = tile->parts[0];
                tile->parts[0] = part;
            }
            tile->pixel = part.start < tile->pixel ? part.start : tile->pixel;
            stop = part.start + pixels_of(&part) > stop ? part.start + pixels_of(&part) : stop;
        }
        EACH(i, tile->count) tile->parts[i].start -= tile->pixel;
        tile->pixels = stop - tile->pixel;
        job->widest = tile->pixels > job->widest ? tile->pixels : job->widest;
        job->widest = each > job->widest ? each : job->widest;
    }
    return job->tiles != NULL;
}

/* Memory to work in. */
static int open_room(FoldJob *job)
{
    ptrdiff_t item = size_of(job->fold->state), pixel = job->x.shape[4] * item, most = NEAR, largest = 1;
    EACH(i, job->runs[1].count)
    {
        const Run *run = &job->runs[1].runs[i];
        ptrdiff_t narrow = slides(run) ? FAR / band_of(run, 1) : NEAR;
        most = narrow < most ? narrow : most;
        largest = run->size > largest ? run->size : largest;
    }
    double bytes = (double)size_of(job->out.type);
    EACH(axis, 5) bytes *= (double)job->out.shape[axis];
    job->large = bytes > LARGE;
    if (!cut_tiles(job, most < NEAR / 4 ? NEAR / 4 : most))
        return 0;
    if (job->quotient) {
        ptrdiff_t cells = job->out.shape[3];
        if (!(job->alike = malloc((size_t)cells * sizeof(int64_t))))
            return 0;
        for (ptrdiff_t at = cells - 1; at >= 0; at--)
            job->alike[at] = at + 1 < cells && job->counts[2][at] == job->counts[2][at + 1] ? job->alike[at + 1] : at + 1;
    }
    ptrdiff_t row = job->widest * pixel, deep = 0, levels = 2, bands = 0, lines = 0, strips = 0;
    EACH(i, job->runs[2].count) largest = job->runs[2].runs[i].size > largest ? job->runs[2].runs[i].size : largest;
    EACH(i, job->runs[0].count)
    {
        deep |= job->runs[0].runs[i].size > 1;
        largest = job->runs[0].runs[i].size > largest ? job->runs[0].runs[i].size : largest;
    }
    while (largest >> (levels - 2))
        levels++;
    EACH(i, job->runs[1].count)
    {
        const Run *run = &job->runs[1].runs[i];
        ptrdiff_t band = band_of(run, row), needed = lines_of(run, band);
        bands = band > bands ? band : bands;
        lines = needed > lines ? needed : lines;
        strips = slides(run) && needed > strips ? needed : strips;
    }
    ptrdiff_t spare = levels * (PIECE > bands * pixel ? PIECE : bands * pixel), work = 2 * bands * row + spare;
    ptrdiff_t sizes[] = {bands * row, bands * row, bands * job->widest * job->x.shape[4] * 8, deep ? lines * row : 0, strips * (row + 2 * STRIP),
                         bands * row, work};
    char **rooms[] = {&job->rows, &job->cells, &job->result, &job->depth, &job->strip, &job->columns, &job->work};
    ptrdiff_t total = 64;
    EACH(i, 7) total += sizes[i] + 128;
    if (!(job->room = malloc((size_t)total)))
        return 0;
    char *at = job->room + (64 - (uintptr_t)job->room % 64);
    EACH(i, 7)
    {
        *rooms[i] = at;
        at += (sizes[i] + 127) / 64 * 64;
    }
    return 1;
}

/* Fold overlapping windows down a map: strips of the map are copied to where their lines lie next to each other, and
   there the windows at all positions are folded. */
static void fold_down(const FoldJob *job, const Source *source, const char *x, ptrdiff_t input, ptrdiff_t row,
                      const Run *run, ptrdiff_t length, ptrdiff_t next)
{
    const Fold *fold = job->fold;
    ptrdiff_t item = size_of(fold->state), width = STRIP / item, lines = lines_of(run, run->number);
    ptrdiff_t strips = length / width, rest = length % width, apart = lines * STRIP;
    char *copy = job->strip, *folded = copy + (strips + 1) * apart;
    EACH(i, lines)
    {
        source->taps(x + i * row, width * input, 0, 1, strips, width, copy + i * STRIP, apart);
        if (rest)
            source->taps(x + i * row + strips * width * input, 0, 0, 1, 1, rest, copy + strips * apart + i * STRIP, 0);
    }
    for (ptrdiff_t at = 0; at < length; at += width, copy += apart) {
        ptrdiff_t count = ((run->number - 1) * run->stride + 1) * width;
        fold_everywhere(fold, copy, run->step * width, run->size, count, folded, folded);
        fold->states.taps(folded, run->stride * STRIP, 0, 1, run->number, length - at < width ? length - at : width,
                          job->rows + at * item, next);
    }
}

/* Divide the cells of some rows by their counts, as many at once as have the same. */
static void divide_rows(const FoldJob *job, const Tile *tile, ptrdiff_t row, const Run *down, int64_t deep, char *out,
                        ptrdiff_t next)
{
    ptrdiff_t channels = job->x.shape[4], pixel = channels * size_of(job->fold->state);
    const int64_t *across = job->counts[2] + tile->first, cells = tile->stop - tile->first;
    for (int64_t top = 0, bottom; top < down->number; top = bottom) {
        int64_t tall = job->counts[1][down->cell + top * down->every];
        for (bottom = top + 1; bottom < down->number; bottom++)
            if (job->counts[1][down->cell + bottom * down->every] != tall)
                break;
        for (int64_t left = 0, right; left < cells; left = right) {
            right = job->alike[tile->first + left] - tile->first;
            right = right < cells ? right : cells;
            int64_t count = deep * tall * across[left];
            int bytes = job->quotient->state == U16 && job->quotient->type == U8;
            Divide *divide = bytes && shift_of(count, job->bound) >= 0 ? whole_products : job->quotient->divide;
            divide(job->cells + top * row + left * pixel, row, bottom - top, (right - left) * channels,
                   out + top * next + left * channels * size_of(job->out.type), next, count, job->bound,
                   job->rounding);
        }
    }
}

/* The cells of a tile in some rows: `x` is the first pixel they see, `out` where the first row of them goes. */
static void fold_band(const FoldJob *job, const Tile *tile, const char *x, const Run *deep, const Run *down, char *out,
                      ptrdiff_t next, int64_t count)
{
    const Fold *fold = job->fold;
    const Source *source = &fold->pixels;
    ptrdiff_t channels = job->x.shape[4], item = size_of(fold->state), input = size_of(fold->input);
    ptrdiff_t length = tile->pixels * channels, row = length * item, from = job->x.step[2];
    if (deep->size > 1) {
        fold_lines(source, fold, x, input, from, deep->step * job->x.step[1], deep->size,
                   lines_of(down, down->number), length, job->depth, row, job->work);
        x = job->depth;
        from = row;
        source = &fold->states;
        input = item;
    }
    const char *rows = job->rows;
    ptrdiff_t between = row;
    if (down->size == 1 && source->taps == fold->states.taps) {
        rows = x;
        between = down->stride * from;
    } else if (slides(down))
        fold_down(job, source, x, input, from, down, length, row);
    else
        fold_lines(source, fold, x, input, down->stride * from, down->step * from, down->size, down->number, length,
                   job->rows, row, job->work);
    ptrdiff_t cells = (tile->stop - tile->first) * channels * item;
    ptrdiff_t size = (tile->stop - tile->first) * channels * size_of(job->out.type);
    char *result = job->large ? job->result : out;
    ptrdiff_t apart = job->large ? size : next;
    char *folded = job->quotient ? job->cells : result;
    ptrdiff_t along = job->quotient ? cells : apart;
    int through = along == cells && 2 * tile->parts[0].number > tile->stop - tile->first;
    Columns columns = {0, 0, job->columns};
    EACH(i, tile->count)
    {
        const Run *run = &tile->parts[i];
        if (run->number == 1 && run->size > 4 && down->number >= FEW && channels < CHANNELS)
            fold_columns(fold, rows, between, down->number, run, channels, folded, along, &columns, job->work);
        else
            fold_rows(fold, rows, between, down->number, run, channels, folded, along, through && i == 0, job->work);
    }
    if (job->quotient)
        divide_rows(job, tile, cells, down, count, result, apart);
    if (job->large && size == next)
        stream(out, result, down->number * size);
    else if (job->large)
        EACH(i, down->number) stream(out + i * next, result + i * size, size);
}

/* All cells of a tile. */
static void fold_tile(const FoldJob *job, const Tile *tile, const char *x, char *out, const Run *deep, int64_t count)
{
    ptrdiff_t channels = job->x.shape[4], row = job->widest * channels * size_of(job->fold->state);
    x += tile->pixel * channels * size_of(job->x.type);
    out += tile->first * channels * size_of(job->out.type);
    EACH(i, job->runs[1].count)
    {
        const Run *run = &job->runs[1].runs[i];
        ptrdiff_t band = band_of(run, row);
        for (int64_t at = 0; at < run->number; at += band) {
            Run down = *run;
            down.number = run->number - at < band ? run->number - at : band;
            down.cell += at * run->every;
            down.start += at * run->stride;
            fold_band(job, tile, x + down.start * job->x.step[2], deep, &down, out + down.cell * job->out.step[2],
                      down.every * job->out.step[2], count);
        }
    }
}

static void fold_all(const FoldJob *job)
{
    for (ptrdiff_t outer = 0; outer < job->x.shape[0]; outer++)
        EACH(i, job->runs[0].count)
            for (int64_t at = 0; at < job->runs[0].runs[i].number; at++) {
                const Run *deep = &job->runs[0].runs[i];
                int64_t cell = deep->cell + at * deep->every, pixel = deep->start + at * deep->stride;
                const char *x = job->x.data + outer * job->x.step[0] + pixel * job->x.step[1];
                char *out = job->out.data + outer * job->out.step[0] + cell * job->out.step[1];
                EACH(tile, job->tile_count)
                    fold_tile(job, &job->tiles[tile], x, out, deep, job->quotient ? job->counts[0][cell] : 1);
            }
    STREAMED;
}

/* What a job holds is given back. */
static void close_fold(FoldJob *job)
{
    EACH(i, job->tiles ? job->tile_count : 0) free(job->tiles[i].parts);
    free(job->tiles);
    free(job->room);
    EACH(axis, 3)
    {
        free(job->runs[axis].runs);
        free(job->counts[axis]);
    }
    free(job->alike);
    PyBuffer_Release(&job->x.view);
    PyBuffer_Release(&job->out.view);
}

static int open_grid(Runs runs[3], PyObject *tables, const Array *x, const Array *out, int some)
{
    if (x->shape[0] != out->shape[0] || x->shape[4] != out->shape[4])
        return fail("arrays differ in their outer axis or channels");
    PyObject *table[3];
    if (!PyArg_ParseTuple(tables, "OOO", &table[0], &table[1], &table[2]))
        return 0;
    for (int axis = 0; axis < 3; axis++)
        if (!open_runs(&runs[axis], table[axis], x->shape[axis + 1], out->shape[axis + 1], some))
            return 0;
    return 1;
}

/* The counts of cells along each axis; no product of three is too large. */
static int open_counts(int64_t *counts[3], PyObject *vectors, const Array *out)
{
    PyObject *vector[3];
    if (!PyArg_ParseTuple(vectors, "OOO", &vector[0], &vector[1], &vector[2]))
        return 0;
    double product = 1;
    for (int axis = 0; axis < 3; axis++) {
        ptrdiff_t length;
        int64_t most = 1, least = 1;
        if (!(counts[axis] = open_numbers(vector[axis], &length, 0)))
            return 0;
        if (length != out->shape[axis + 1])
            return fail("there must be as many counts as cells");
        EACH(i, length)
        {
            most = counts[axis][i] > most ? counts[axis][i] : most;
            least = counts[axis][i] < least ? counts[axis][i] : least;
        }
        product *= (double)most;
        if (least < 1 || product > 4e18)
            return fail("a count is out of range");
    }
    return 1;
}

static uint64_t bound_of(const FoldJob *job)
{
    static const double most[] = {255, 128, 65535, 32768, 4294967295., 2147483648., 2e19, 1e19, 2e19, 2e19};
    double bound = most[job->x.type];
    for (int axis = 0; axis < 3; axis++) {
        int64_t largest = 1;
        EACH(i, job->runs[axis].count)
            if (job->runs[axis].runs[i].size > largest)
                largest = job->runs[axis].runs[i].size;
        bound *= (double)largest;
    }
    return bound < 1e18 ? (uint64_t)bound : UINT64_MAX;
}

static int open_fold(FoldJob *job, PyObject *args)
{
    PyObject *x, *out, *tables, *counts = Py_None;
    int merge, letter;
    if (!PyArg_ParseTuple(args, "OOOiC|Oi", &x, &out, &tables, &merge, &letter, &counts, &job->rounding))
        return 0;
    if (!open_array(&job->x, x, 0) || !open_array(&job->out, out, PyBUF_WRITABLE))
        return 0;
    int state = type_of(letter);
    EACH(i, (ptrdiff_t)(sizeof FOLDS / sizeof *FOLDS))
        if (FOLDS[i].merge == merge && FOLDS[i].input == job->x.type && FOLDS[i].state == state)
            job->fold = &FOLDS[i];
    if (!job->fold)
        return fail("no such merge of these types");
    if (!open_grid(job->runs, tables, &job->x, &job->out, 0))
        return 0;
    if (counts == Py_None)
        return job->out.type == state || fail("the result must be of the type of states");
    EACH(i, (ptrdiff_t)(sizeof QUOTIENTS_ / sizeof *QUOTIENTS_))
        if (QUOTIENTS_[i].state == state && QUOTIENTS_[i].type == job->out.type)
            job->quotient = &QUOTIENTS_[i];
    if (!job->quotient || merge < ADD)
        return fail("no such quotient");
    if (job->rounding < HALF_EVEN || job->rounding > FLOOR)
        return fail("no such rounding");
    job->bound = bound_of(job);
    return open_counts(job->counts, counts, &job->out);
}

static PyObject *fold(PyObject *module, PyObject *args)
{
    (void)module;
    FoldJob job = {0};
    int good = open_fold(&job, args);
    int empty = good && (job.x.shape[0] == 0 || job.x.shape[4] == 0 || !job.runs[0].count || !job.runs[1].count
                         || !job.runs[2].count);
    if (good && !empty) {
        good = open_room(&job);
        if (good) {
            Py_BEGIN_ALLOW_THREADS
            fold_all(&job);
            Py_END_ALLOW_THREADS
        } else
            PyErr_NoMemory();
    }
    close_fold(&job);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

/* Selection networks ----------------------------------------------------------------------------------------------- */

/* Two or three lines, each read some pixels further on, become one to three lines. */
typedef struct {
    int64_t kind;
    struct {
        int64_t line, ahead;
    } in[3];
    int64_t out[3];
} Call;

enum {
    RESULTS = 8,
    LINES = 1 << 14,
    BUDGET = 24576, /* bytes of all lines: they stay in the first cache */
    LEAST = 1024    /* bytes of a line */
};

typedef void Select(int, char *const[3], const char *const[3], ptrdiff_t);
#define ENTER_SELECT(code, t, T) select_##t,
static Select *const SELECTS[] = {FOR_TYPES(ENTER_SELECT) select_number_f32, select_number_f64};

typedef void Longest(char *const *, const int64_t *, ptrdiff_t, ptrdiff_t);
#define ENTER_LONGEST(code, t, T) longest_of_##t,
static Longest *const LONGEST[] = {FOR_TYPES(ENTER_LONGEST)};

typedef struct {
    Array x, outs[RESULTS];
    Runs runs[3];
    Call *calls;
    int64_t *results;
    int frequent; /* of all values in order, the most frequent one is the result */
    ptrdiff_t out_count, result_count, call_count, line_count, inputs, phases, wide; /* wide: most pixels more */
    ptrdiff_t *more;  /* for each line, the pixels more that are read, or -1 */
    ptrdiff_t *gives; /* for each call, the pixels more that are needed of it, or -1 */
    char *room, **lines; /* where lines are; where those in `room` are comes after them */
} NetworkJob;

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* How much each call must give for what comes after it. */
static void plan_lengths(NetworkJob *job)
{
    ptrdiff_t *more = job->more;
    EACH(i, job->line_count) more[i] = -1;
    EACH(i, job->result_count) more[job->results[i]] = 0;
    for (ptrdiff_t at = job->call_count - 1; at >= 0; at--) {
        const Call *call = job->calls + at;
        ptrdiff_t gives = -1;
        EACH(i, 3) gives = larger(gives, more[call->out[i]]);
        job->gives[at] = gives;
        if (gives < 0)
            continue;
        EACH(i, 3) more[call->out[i]] = -1;
        EACH(i, 3) more[call->in[i].line] = larger(more[call->in[i].line], gives + call->in[i].ahead);
    }
    EACH(i, job->inputs) job->wide = larger(job->wide, more[i]);
}

/* How many cells of a row, and how many rows, a line holds. */
static void fit_line(const NetworkJob *job, const Run *down, const Run *across, ptrdiff_t *cells, ptrdiff_t *band)
{
    ptrdiff_t pixel = job->x.shape[4] * size_of(job->x.type), stride = job->phases > 1 ? 1 : larger(across->stride, 1);
    ptrdiff_t most = larger(BUDGET / job->line_count, LEAST) / pixel, rows;
    *cells = larger((most - job->wide) / stride, larger(1, 64 / pixel));
    if (*cells >= across->number)
        *cells = across->number;
    rows = larger(1, most / (*cells * stride + job->wide));
    *band = *cells == across->number ? (rows < down->number ? rows : down->number) : 1;
}

/* The windows of some cells of a row in a band of rows. */
static void select_band(const NetworkJob *job, const char *x, const Run *deep, const Run *down, const Run *across,
                        char *const *outs)
{
    ptrdiff_t channels = job->x.shape[4], pixel = channels * size_of(job->x.type), band = down->number;
    ptrdiff_t next = job->phases > 1 ? across->stride : 1, apart = job->phases > 1 ? 1 : across->stride;
    ptrdiff_t count = (across->number - 1) * apart + 1, width = count + job->wide;
    EACH(input, job->inputs)
    {
        ptrdiff_t tap = input / job->phases, more = job->more[input];
        const char *row = x + tap / down->size * deep->step * job->x.step[1]
                          + tap % down->size * down->step * job->x.step[2] + input % job->phases * pixel;
        if (more < 0)
            continue;
        job->lines[input] = job->lines[job->line_count + input];
        if (band == 1 && next == 1) {
            job->lines[input] = (char *)row; /* no call writes to it */
            continue;
        }
        EACH(i, band)
            pick(row + i * down->stride * job->x.step[2], next * pixel, pixel, count + more,
                 job->lines[input] + i * width * pixel, pixel);
    }
    int type = job->x.type;
    if (type >= F32) {
        int found = 0;
        for (ptrdiff_t i = 0; i < job->inputs && !found; i++)
            if (job->more[i] >= 0) {
                ptrdiff_t length = ((band - 1) * width + count + job->more[i]) * channels;
                found = type == F32 ? has_nan_f32(job->lines[i], length) : has_nan_f64(job->lines[i], length);
            }
        type += found ? 0 : 2;
    }
    EACH(at, job->call_count)
    {
        const Call *call = &job->calls[at];
        const char *in[3];
        char *out[3];
        if (job->gives[at] < 0)
            continue;
        EACH(i, 3)
        {
            in[i] = job->lines[call->in[i].line] + call->in[i].ahead * pixel;
            out[i] = job->lines[call->out[i]];
        }
        SELECTS[type]((int)call->kind, out, in, ((band - 1) * width + count + job->gives[at]) * channels);
    }
    if (job->frequent)
        LONGEST[job->x.type](job->lines, job->results, job->result_count, ((band - 1) * width + count) * channels);
    EACH(i, job->out_count)
        EACH(row, band)
            pick(job->lines[job->results[i]] + row * width * pixel, apart * pixel, pixel, across->number,
                 outs[i] + row * down->every * job->outs[i].step[2], across->every * pixel);
}

static void select_run(const NetworkJob *job, ptrdiff_t outer, const Run *deep, const Run *down, const Run *across)
{
    ptrdiff_t pixel = job->x.shape[4] * size_of(job->x.type), cells, band;
    char *outs[RESULTS];
    fit_line(job, down, across, &cells, &band);
    for (int64_t top = 0; top < down->number; top += band)
        for (int64_t left = 0; left < across->number; left += cells) {
            Run some = *down, part = *across;
            some.number = down->number - top < band ? down->number - top : band;
            part.number = across->number - left < cells ? across->number - left : cells;
            const char *x = job->x.data + outer * job->x.step[0] + deep->start * job->x.step[1]
                            + (down->start + top * down->stride) * job->x.step[2]
                            + (across->start + left * across->stride) * pixel;
            EACH(i, job->out_count)
            {
                const Array *out = &job->outs[i];
                outs[i] = out->data + outer * out->step[0] + deep->cell * out->step[1]
                          + (down->cell + top * down->every) * out->step[2] + (across->cell + left * across->every) * pixel;
            }
            select_band(job, x, deep, &some, &part, outs);
        }
}

static void select_all(const NetworkJob *job)
{
    for (ptrdiff_t outer = 0; outer < job->x.shape[0]; outer++)
        EACH(i, job->runs[0].count)
            for (int64_t at = 0; at < job->runs[0].runs[i].number; at++) {
                Run deep = job->runs[0].runs[i];
                deep.cell += at * deep.every;
                deep.start += at * deep.stride;
                EACH(j, job->runs[1].count)
                    EACH(k, job->runs[2].count)
                        select_run(job, outer, &deep, &job->runs[1].runs[j], &job->runs[2].runs[k]);
            }
}

/* Every call reads and writes lines that there are, and no input is written. */
static int check_calls(NetworkJob *job)
{
    job->line_count = job->inputs;
    EACH(i, job->call_count)
    {
        const Call *call = &job->calls[i];
        int good = call->kind >= SMALLER && call->kind <= CHAIN + 3;
        for (int j = 0; j < 3; j++) {
            good = good && call->out[j] >= job->inputs && call->out[j] < LINES;
            good = good && call->in[j].line >= 0 && call->in[j].line < LINES;
            good = good && call->in[j].ahead >= 0 && call->in[j].ahead < LARGEST;
        }
        if (!good)
            return fail("a call of a line that there is not");
        for (int j = 0; j < 3; j++)
            job->line_count = larger(job->line_count, larger(call->out[j], call->in[j].line) + 1);
    }
    EACH(i, job->result_count)
        if (job->results[i] < 0 || job->results[i] >= job->line_count
            || (job->frequent && job->result_count > 1 && job->results[i] < job->inputs))
            return fail("a result that there is not");
    return 1;
}

/* No input is read beyond its row; nothing is read that has not been written. */
static int check_lengths(const NetworkJob *job)
{
    EACH(i, job->line_count)
        if (i >= job->inputs && job->more[i] >= 0)
            return fail("a line is read before it is written");
    EACH(k, job->runs[2].count)
    {
        const Run *run = &job->runs[2].runs[k];
        int64_t stride = job->phases > 1 ? run->stride : 1, last = run->start + (run->number - 1) * run->stride;
        if (job->phases != 1 && job->phases != run->stride)
            return fail("there must be one phase, or as many as the stride has pixels");
        EACH(i, job->inputs)
            if (job->more[i] >= 0 && last + i % job->phases + job->more[i] * stride >= job->x.shape[3])
                return fail("a call reads beyond a row");
    }
    return 1;
}

static int open_lines(NetworkJob *job)
{
    ptrdiff_t pixel = job->x.shape[4] * size_of(job->x.type), most = 0, cells, band;
    EACH(j, job->runs[1].count)
        EACH(k, job->runs[2].count)
        {
            const Run *across = &job->runs[2].runs[k];
            fit_line(job, &job->runs[1].runs[j], across, &cells, &band);
            most = larger(most, band * ((cells - 1) * (job->phases > 1 ? 1 : across->stride) + 1 + job->wide) * pixel);
        }
    most = (most + 4095) / 4096 * 4096 + 320; /* no two lines begin at the same place of a page */
    job->lines = malloc(2 * (size_t)job->line_count * sizeof(char *));
    job->room = calloc((size_t)(job->line_count * most + 64), 1);
    if (!job->lines || !job->room)
        return 0;
    EACH(i, job->line_count)
    {
        job->lines[i] = job->room + (64 - (uintptr_t)job->room % 64) + i * most;
        job->lines[job->line_count + i] = job->lines[i];
    }
    return 1;
}

static int open_network(NetworkJob *job, PyObject *args)
{
    PyObject *x, *outs, *tables, *calls, *results;
    if (!PyArg_ParseTuple(args, "OO!OnOO|i", &x, &PyTuple_Type, &outs, &tables, &job->phases, &calls, &results,
                          &job->frequent))
        return 0;
    job->calls = (Call *)open_numbers(calls, &job->call_count, 10);
    job->results = job->calls ? open_numbers(results, &job->result_count, 0) : NULL;
    if (!job->results || !open_array(&job->x, x, 0))
        return 0;
    job->out_count = PyTuple_Size(outs);
    if (job->out_count != (job->frequent ? 1 : job->result_count) || job->out_count < 1 || job->out_count > RESULTS)
        return fail("there must be as many arrays as results, and no more than eight");
    if (job->frequent && (job->result_count < 1 || job->result_count > MOST_COUNTED))
        return fail("too many values to count");
    EACH(i, job->out_count)
    {
        if (!open_array(&job->outs[i], PyTuple_GetItem(outs, i), PyBUF_WRITABLE))
            return 0;
        if (job->outs[i].type != job->x.type)
            return fail("results are of the type of values");
        EACH(axis, 3)
        {
            free(job->runs[axis].runs);
            job->runs[axis].runs = NULL;
        }
        if (!open_grid(job->runs, tables, &job->x, &job->outs[i], 1))
            return 0;
    }
    if (job->phases < 1 || job->phases > 64 || !job->runs[0].count || !job->runs[1].count || !job->runs[2].count)
        return fail("no phases, or no runs");
    const Run *deep = job->runs[0].runs, *down = job->runs[1].runs;
    EACH(i, job->runs[0].count)
        if (deep[i].size != deep->size)
            return fail("windows differ");
    EACH(i, job->runs[1].count)
        if (down[i].size != down->size)
            return fail("windows differ");
    if (deep->size > LINES || down->size > LINES || (job->inputs = deep->size * down->size * job->phases) > LINES)
        return fail("too many lines");
    return check_calls(job);
}

/* Lengths and room; fails without an exception where there is no memory. */
static int plan_network(NetworkJob *job)
{
    job->gives = malloc(((size_t)job->call_count + 1) * sizeof(ptrdiff_t));
    job->more = malloc((size_t)job->line_count * sizeof(ptrdiff_t));
    if (!job->gives || !job->more)
        return 0;
    plan_lengths(job);
    return check_lengths(job) && open_lines(job);
}

static PyObject *network(PyObject *module, PyObject *args)
{
    (void)module;
    NetworkJob job = {0};
    int good = open_network(&job, args);
    if (good && job.x.shape[0] && job.x.shape[4]) {
        good = plan_network(&job);
        if (good) {
            Py_BEGIN_ALLOW_THREADS
            select_all(&job);
            Py_END_ALLOW_THREADS
        } else if (!PyErr_Occurred())
            PyErr_NoMemory();
    }
    EACH(axis, 3) free(job.runs[axis].runs);
    void *held[] = {job.calls, job.results, job.more, job.gives, job.lines, job.room};
    EACH(i, 6) free(held[i]);
    PyBuffer_Release(&job.x.view);
    EACH(i, RESULTS) PyBuffer_Release(&job.outs[i].view);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

/* Where the largest or smallest value is --------------------------------------------------------------------------- */

typedef struct {
    void (*down)(char *, int32_t *, const char *, int32_t, int, ptrdiff_t);
    void (*across)(char *, int32_t *, int32_t *, const char *, const int32_t *, int32_t, int, ptrdiff_t);
} Lead;

#define ENTER_LEAD(code, t, T) {{lead_down_max_##t, lead_across_max_##t}, {lead_down_min_##t, lead_across_min_##t}},
static const Lead LEADS[][2] = {FOR_TYPES(ENTER_LEAD)};

typedef struct {
    Array x, values, indices;
    Runs runs[3];
    int64_t *base, *pitch; /* the index of each plane's first pixel; how far indices along the axes are apart */
    int merge, last;
    ptrdiff_t most; /* elements of a line */
    char *room, *best, *other, *wide;
    int32_t *taps, *columns, *other_taps, *wide_taps;
} IndexJob;

/* Some windows of one row: the columns of all their pixels down the map first, then columns across. */
static void lead_row(const IndexJob *job, ptrdiff_t outer, const Run *deep, const Run *down, const Run *across)
{
    const Lead *lead = &LEADS[job->x.type][job->merge];
    ptrdiff_t item = size_of(job->x.type), channels = job->x.shape[4], pixel = channels * item;
    ptrdiff_t length = pixels_of(across) * channels, count = across->number * channels, flat = across->stride == 1;
    const char *x = job->x.data + outer * job->x.step[0] + deep->start * job->x.step[1] + down->start * job->x.step[2]
                    + across->start * pixel;
    EACH(tap, deep->size * down->size)
    {
        const char *row = x + tap / down->size * deep->step * job->x.step[1]
                          + tap % down->size * down->step * job->x.step[2];
        if (tap)
            lead->down(job->wide, job->wide_taps, row, (int32_t)tap, job->last, length);
        else {
            memcpy(job->wide, row, (size_t)(length * item));
            memset(job->wide_taps, 0, (size_t)length * sizeof(int32_t));
        }
    }
    EACH(column, across->size)
    {
        const char *values = job->wide + column * across->step * pixel;
        const int32_t *taps = job->wide_taps + column * across->step * channels;
        if (!flat || !column) {
            pick(values, across->stride * pixel, pixel, across->number, column ? job->other : job->best, pixel);
            pick((const char *)taps, across->stride * channels * 4, channels * 4, across->number,
                 (char *)(column ? job->other_taps : job->taps), channels * 4);
        }
        if (column)
            lead->across(job->best, job->taps, job->columns, flat ? values : job->other, flat ? taps : job->other_taps,
                         (int32_t)column, job->last, count);
        else
            memset(job->columns, 0, (size_t)count * sizeof(int32_t));
    }
    int64_t first = job->base[outer] + deep->start * job->pitch[0] + down->start * job->pitch[1];
    int64_t *out = (int64_t *)(job->indices.data + outer * job->indices.step[0] + deep->cell * job->indices.step[1]
                               + down->cell * job->indices.step[2]);
    char *values = job->values.data + outer * job->values.step[0] + deep->cell * job->values.step[1]
                   + down->cell * job->values.step[2] + across->cell * pixel;
    pick(job->best, pixel, pixel, across->number, values, across->every * pixel);
    EACH(i, across->number)
        EACH(c, channels)
        {
            int32_t tap = job->taps[i * channels + c], column = job->columns[i * channels + c];
            out[(across->cell + i * across->every) * channels + c] =
                first + tap / down->size * deep->step * job->pitch[0] + tap % down->size * down->step * job->pitch[1]
                + (across->start + i * across->stride + column * across->step) * job->pitch[2];
        }
}

/* Call something for the windows of each row, at most so many at once. */
#define EACH_ROW(job, outer, deep, down, across, most, ...)                                                            \
    for (ptrdiff_t outer = 0; outer < (job)->x.shape[0]; outer++)                                                      \
        EACH(d, (job)->runs[0].count)                                                                                  \
        EACH(e, (job)->runs[0].runs[d].number)                                                                         \
        EACH(h, (job)->runs[1].count)                                                                                  \
        EACH(i, (job)->runs[1].runs[h].number)                                                                         \
        EACH(w, (job)->runs[2].count)                                                                                  \
        {                                                                                                              \
            Run deep = nth(&(job)->runs[0].runs[d], e, 1), down = nth(&(job)->runs[1].runs[h], i, 1);                  \
            for (int64_t left = 0; left < (job)->runs[2].runs[w].number; left += (most)) {                             \
                Run across = nth(&(job)->runs[2].runs[w], left, (most));                                               \
                __VA_ARGS__;                                                                                           \
            }                                                                                                          \
        }

/* Some windows of a run, from one on. */
static Run nth(const Run *run, int64_t first, int64_t most)
{
    Run part = *run;
    part.cell += first * run->every;
    part.start += first * run->stride;
    part.number = run->number - first < most ? run->number - first : most;
    return part;
}

enum { TOGETHER = 256 }; /* windows of a row */

static int open_index(IndexJob *job, PyObject *args)
{
    PyObject *x, *values, *indices, *tables, *base, *pitch;
    ptrdiff_t count, axes;
    if (!PyArg_ParseTuple(args, "OOOOiOO|i", &x, &values, &indices, &tables, &job->merge, &base, &pitch, &job->last))
        return 0;
    if (!open_array(&job->x, x, 0) || !open_array(&job->values, values, PyBUF_WRITABLE)
        || !open_array(&job->indices, indices, PyBUF_WRITABLE))
        return 0;
    if (job->values.type != job->x.type || job->indices.type != I64 || job->merge < MAX || job->merge > MIN)
        return fail("no such merge of these types");
    if (memcmp(job->values.shape, job->indices.shape, sizeof job->values.shape))
        return fail("there must be as many indices as values");
    if (!open_grid(job->runs, tables, &job->x, &job->values, 0))
        return 0;
    if (!(job->base = open_numbers(base, &count, 0)) || !(job->pitch = open_numbers(pitch, &axes, 0)))
        return 0;
    if (count != job->x.shape[0] || axes != 3)
        return fail("there must be a base for each plane and a pitch for each axis");
    double taps = 1;
    EACH(axis, 2)
    {
        int64_t largest = 0;
        EACH(i, job->runs[axis].count) largest = larger(largest, job->runs[axis].runs[i].size);
        taps *= (double)largest;
    }
    job->last = job->last != 0;
    return taps < 2147483647. || fail("windows are too large");
}

static int open_index_room(IndexJob *job)
{
    EACH(i, job->runs[2].count)
    {
        Run run = nth(&job->runs[2].runs[i], 0, TOGETHER);
        job->most = larger(job->most, larger(pixels_of(&run), run.number) * job->x.shape[4]);
    }
    job->room = malloc((size_t)(job->most + 16) * (3 * 8 + 4 * sizeof(int32_t)));
    job->best = job->room;
    job->other = job->best + job->most * 8;
    job->wide = job->other + job->most * 8;
    job->taps = (int32_t *)(job->wide + job->most * 8);
    job->columns = job->taps + job->most;
    job->other_taps = job->columns + job->most;
    job->wide_taps = job->other_taps + job->most;
    return job->room != NULL;
}

static void lead_all(const IndexJob *job)
{
    EACH_ROW(job, outer, deep, down, across, TOGETHER, lead_row(job, outer, &deep, &down, &across));
}

static PyObject *fold_index(PyObject *module, PyObject *args)
{
    (void)module;
    IndexJob job = {0};
    int good = open_index(&job, args);
    if (good && job.x.shape[4]) {
        good = open_index_room(&job);
        if (good) {
            Py_BEGIN_ALLOW_THREADS
            lead_all(&job);
            Py_END_ALLOW_THREADS
        } else
            PyErr_NoMemory();
    }
    EACH(axis, 3) free(job.runs[axis].runs);
    free(job.base);
    free(job.pitch);
    free(job.room);
    PyBuffer_Release(&job.x.view);
    PyBuffer_Release(&job.values.view);
    PyBuffer_Release(&job.indices.view);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

/* Windows one by one: ranks and modes ------------------------------------------------------------------------------ */

typedef struct {
    int (*gather)(const char *, ptrdiff_t, const char *, ptrdiff_t, ptrdiff_t, char *, ptrdiff_t *);
    void (*order)(char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);
    ptrdiff_t (*longest)(const char *, ptrdiff_t);
} Values;

#define ENTER_VALUES(code, t, T) {gather_##t, order_##t, longest_##t},
static const Values VALUES[] = {FOR_TYPES(ENTER_VALUES)};

enum { RANKS, MODE };

typedef struct {
    Array x, valid, outs[2], ranks[2];
    Runs runs[3];
    int64_t places[2];
    int what, masked, counted; /* counted: by a table of all values */
    ptrdiff_t count;           /* of results */
    char *values;
    uint32_t *counts, *coarse;
} WindowJob;

static char *place_in(const Array *a, ptrdiff_t outer, int64_t deep, int64_t down, int64_t across, ptrdiff_t channel)
{
    return a->data + outer * a->step[0] + deep * a->step[1] + down * a->step[2]
           + (across * a->shape[4] + channel) * size_of(a->type);
}

/* The place in order that is asked for, of `count` values. */
static ptrdiff_t rank_of(const WindowJob *job, int which, ptrdiff_t outer, const Run *deep, const Run *down,
                         int64_t across, ptrdiff_t channel, ptrdiff_t count)
{
    int64_t rank = job->places[which];
    if (job->ranks[which].data)
        rank = *(int64_t *)place_in(&job->ranks[which], outer, deep->cell, down->cell, across, channel);
    return rank < 0 ? 0 : rank >= count ? count - 1 : rank;
}

/* Copy the values of one window, put them in order as far as asked for, and take those. */
static void sort_window(const WindowJob *job, ptrdiff_t outer, const Run *deep, const Run *down, const Run *across,
                        ptrdiff_t channel)
{
    const Values *type = &VALUES[job->x.type];
    ptrdiff_t item = size_of(job->x.type), count = 0, channels = job->x.shape[4], place[2] = {0, 0};
    int nan = 0;
    EACH(d, deep->size)
        EACH(h, down->size)
        {
            int64_t at[] = {deep->start + d * deep->step, down->start + h * down->step, across->start};
            const char *valid = job->masked ? place_in(&job->valid, outer, at[0], at[1], at[2], channel) : NULL;
            nan |= type->gather(place_in(&job->x, outer, at[0], at[1], at[2], channel), across->step * channels * item,
                                valid, across->step * channels, across->size, job->values, &count);
        }
    const double none[2] = {0, 0}, not_a_number = NAN;
    const float narrow = NAN;
    if (count && !nan && job->what == MODE) {
        type->order(job->values, 0, count, 0, count - 1);
        place[0] = type->longest(job->values, count);
    } else if (count && !nan) {
        EACH(i, job->count) place[i] = rank_of(job, (int)i, outer, deep, down, across->cell, channel, count);
        ptrdiff_t low = place[job->count - 1] < place[0] ? place[job->count - 1] : place[0];
        type->order(job->values, 0, count, low, larger(place[0], place[job->count - 1]));
    }
    EACH(i, job->count)
    {
        const char *value = job->values + place[i] * item;
        if (!count)
            value = (const char *)none;
        else if (nan)
            value = item == 4 ? (const char *)&narrow : (const char *)&not_a_number;
        memcpy(place_in(&job->outs[i], outer, deep->cell, down->cell, across->cell, channel), value, (size_t)item);
    }
}

/* The bin of a value: signed numbers are moved, so that bins are in their order. */
static unsigned bin_of(const char *x, int type)
{
    switch (type) {
    case U8: return *(const uint8_t *)x;
    case I8: return (unsigned)(*(const int8_t *)x + 128);
    case U16: return *(const uint16_t *)x;
    }
    return (unsigned)(*(const int16_t *)x + 32768);
}

static void put_bin(char *out, int type, unsigned bin)
{
    int value = type == I8 ? (int)bin - 128 : type == I16 ? (int)bin - 32768 : (int)bin;
    if (size_of(type) == 1)
        *(uint8_t *)out = (uint8_t)value;
    else
        *(uint16_t *)out = (uint16_t)value;
}

/* Count one column of a window's taps, or discount it; the number of valid ones. */
static ptrdiff_t count_column(const WindowJob *job, ptrdiff_t outer, const Run *deep, const Run *down, int64_t column,
                              ptrdiff_t channel, int sign)
{
    ptrdiff_t count = 0, digits = size_of(job->x.type) * 4;
    EACH(d, deep->size)
        EACH(h, down->size)
        {
            int64_t at[] = {deep->start + d * deep->step, down->start + h * down->step};
            if (job->masked && !*place_in(&job->valid, outer, at[0], at[1], column, channel))
                continue;
            unsigned bin = bin_of(place_in(&job->x, outer, at[0], at[1], column, channel), job->x.type);
            job->counts[bin] += (uint32_t)sign;
            job->coarse[bin >> digits] += (uint32_t)sign;
            count++;
        }
    return sign * count;
}

static unsigned bin_at(const WindowJob *job, ptrdiff_t rank)
{
    ptrdiff_t digits = size_of(job->x.type) * 4;
    unsigned coarse = 0;
    while (rank >= (ptrdiff_t)job->coarse[coarse])
        rank -= job->coarse[coarse++];
    unsigned bin = coarse << digits;
    while (rank >= (ptrdiff_t)job->counts[bin])
        rank -= job->counts[bin++];
    return bin;
}

/* The most frequent bin, the first of equal ones; coarse bins that hold too few are passed over. */
static unsigned bin_most(const WindowJob *job)
{
    ptrdiff_t digits = size_of(job->x.type) * 4;
    unsigned best = 0;
    uint32_t most = 0;
    for (unsigned coarse = 0; coarse < 1u << digits; coarse++)
        if (job->coarse[coarse] > most)
            for (unsigned bin = coarse << digits; bin < (coarse + 1) << digits; bin++)
                if (job->counts[bin] > most) {
                    most = job->counts[bin];
                    best = bin;
                }
    return best;
}

/* The windows of one row by a histogram that moves on (Huang, Yang and Tang 1979): columns that a window has no more are
   discounted, and those that it has anew are counted. */
static void count_row(const WindowJob *job, ptrdiff_t outer, const Run *deep, const Run *down, const Run *across,
                      ptrdiff_t channel)
{
    ptrdiff_t count = 0, shift = across->step && across->stride % across->step == 0 ? across->stride / across->step : -1;
    int slide = shift >= 0 && shift < across->size;
    EACH(at, across->number)
    {
        int64_t start = across->start + at * across->stride, cell = across->cell + at * across->every;
        for (ptrdiff_t tap = at && slide ? across->size - shift : 0; tap < across->size; tap++)
            count += count_column(job, outer, deep, down, start + tap * across->step, channel, 1);
        EACH(i, job->count)
        {
            char *out = place_in(&job->outs[i], outer, deep->cell, down->cell, cell, channel);
            if (!count)
                memset(out, 0, (size_t)size_of(job->x.type));
            else if (job->what == MODE)
                put_bin(out, job->x.type, bin_most(job));
            else
                put_bin(out, job->x.type,
                        bin_at(job, rank_of(job, (int)i, outer, deep, down, cell, channel, count)));
        }
        ptrdiff_t gone = slide && at + 1 < across->number ? shift : across->size;
        for (ptrdiff_t tap = 0; tap < gone; tap++)
            count += count_column(job, outer, deep, down, start + tap * across->step, channel, -1);
    }
}

static void window_all(const WindowJob *job)
{
    if (job->counted)
        EACH_ROW(job, outer, deep, down, across, LARGEST,
                 EACH(channel, job->x.shape[4]) count_row(job, outer, &deep, &down, &across, channel))
    else
        EACH_ROW(job, outer, deep, down, across, 1,
                 EACH(channel, job->x.shape[4]) sort_window(job, outer, &deep, &down, &across, channel))
}

static int same_shape(const Array *a, const Array *b)
{
    return memcmp(a->shape, b->shape, sizeof a->shape) == 0;
}

/* A rank is one number, or an array with one for each cell. */
static int open_rank(WindowJob *job, ptrdiff_t which, PyObject *rank)
{
    if (PyLong_Check(rank)) {
        job->places[which] = PyLong_AsLongLong(rank);
        return !PyErr_Occurred();
    }
    if (!open_array(&job->ranks[which], rank, 0))
        return 0;
    return (job->ranks[which].type == I64 && same_shape(&job->ranks[which], &job->outs[which]))
           || fail("there must be a 64-bit rank for each cell");
}

static int open_windows(WindowJob *job, PyObject *x, PyObject *outs, PyObject *tables, PyObject *valid, PyObject *ranks)
{
    if (!open_array(&job->x, x, 0))
        return 0;
    if (job->counted && (job->x.type > I16))
        return fail("too many values to count");
    job->count = PyTuple_Size(outs);
    if (job->count < 1 || job->count > 2 || (ranks && PyTuple_Size(ranks) != job->count))
        return fail("there must be one or two results, and as many ranks");
    job->masked = valid != Py_None;
    if (job->masked && !open_array(&job->valid, valid, 0))
        return 0;
    if (job->masked && (job->valid.type != U8 || !same_shape(&job->valid, &job->x)))
        return fail("there must be a byte for each pixel that says whether it counts");
    EACH(i, job->count)
    {
        if (!open_array(&job->outs[i], PyTuple_GetItem(outs, i), PyBUF_WRITABLE))
            return 0;
        if (job->outs[i].type != job->x.type || !same_shape(&job->outs[i], &job->outs[0]))
            return fail("results are of the type of values, and alike");
        if (ranks && !open_rank(job, i, PyTuple_GetItem(ranks, i)))
            return 0;
    }
    if (!open_grid(job->runs, tables, &job->x, &job->outs[0], 0))
        return 0;
    double taps = 1;
    EACH(axis, 3)
    {
        int64_t largest = 1;
        EACH(i, job->runs[axis].count) largest = larger(largest, job->runs[axis].runs[i].size);
        taps *= (double)largest;
    }
    if (taps >= 4294967295.)
        return fail("windows are too large");
    size_t item = (size_t)size_of(job->x.type), bins = job->counted ? (size_t)1 << 8 * item : 0;
    job->values = malloc(job->counted ? 1 : ((size_t)taps + 1) * item);
    job->counts = calloc(bins + 512, sizeof(uint32_t));
    job->coarse = job->counts ? job->counts + bins : NULL;
    if (job->values && job->counts)
        return 1;
    PyErr_NoMemory();
    return 0;
}

static PyObject *pool_windows(WindowJob *job, PyObject *x, PyObject *outs, PyObject *tables, PyObject *valid,
                              PyObject *ranks)
{
    int good = open_windows(job, x, outs, tables, valid, ranks);
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        window_all(job);
        Py_END_ALLOW_THREADS
    }
    EACH(axis, 3) free(job->runs[axis].runs);
    free(job->values);
    free(job->counts);
    Array *arrays[] = {&job->x, &job->valid, &job->outs[0], &job->outs[1], &job->ranks[0], &job->ranks[1]};
    EACH(i, 6) PyBuffer_Release(&arrays[i]->view);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *rank_by(PyObject *args, int counted)
{
    WindowJob job = {0};
    PyObject *x, *outs, *tables, *ranks, *valid = Py_None;
    if (!PyArg_ParseTuple(args, "OO!OO!|O", &x, &PyTuple_Type, &outs, &tables, &PyTuple_Type, &ranks, &valid))
        return NULL;
    job.what = RANKS;
    job.counted = counted;
    return pool_windows(&job, x, outs, tables, valid, ranks);
}

static PyObject *rank_sort(PyObject *module, PyObject *args)
{
    (void)module;
    return rank_by(args, 0);
}

static PyObject *rank_histogram(PyObject *module, PyObject *args)
{
    (void)module;
    return rank_by(args, 1);
}

static PyObject *mode(PyObject *module, PyObject *args)
{
    (void)module;
    WindowJob job = {0};
    PyObject *x, *outs, *tables, *valid = Py_None;
    if (!PyArg_ParseTuple(args, "OO!Oi|O", &x, &PyTuple_Type, &outs, &tables, &job.counted, &valid))
        return NULL;
    job.what = MODE;
    return pool_windows(&job, x, outs, tables, valid, NULL);
}

/* The module ------------------------------------------------------------------------------------------------------- */

PyDoc_STRVAR(fold_doc,
"fold(x, out, (depth, height, width), merge, state, counts=None, rounding=HALF_EVEN)\n--\n\n"
"Merge the taps of every window. Arrays are (outer, depth, height, width, channels); the grid is a table of runs for each\n"
"axis, int64 rows (cell, number, start, stride, size, step, every). `merge` is MAX, MIN, ADD or SQUARES, `state` the\n"
"letter of the dtype of states. With `counts`, int64 vectors of the cells of each axis, cells are divided by the product\n"
"of theirs.");

PyDoc_STRVAR(network_doc,
"network(x, outs, (depth, height, width), phases, calls, results, frequent=0)\n--\n\n"
"Order statistics of windows by minima and maxima of lines. Line (d h + i) phases + p holds, for every window, the pixel p\n"
"of its tap (d, i) of depth and height; with phases > 1, as many as the stride, the next pixel of a line is that of the\n"
"next window, else the next one of the row. A call, int64 (kind, a, ahead, b, ahead, c, ahead, out, out, out), reads lines,\n"
"each so many pixels further on, and writes others: see `_kernels.h` for its kinds. `results` are the lines of which the\n"
"windows at their stride go to each of `outs`. Cells of no run are left as they are.\n"
"If `frequent`, the results are all values in order, and the most frequent one goes to the only array in `outs`.");

PyDoc_STRVAR(fold_index_doc,
"fold_index(x, values, indices, (depth, height, width), merge, base, pitch, last=0)\n--\n\n"
"The largest (MAX) or smallest (MIN) value of every window, and the index of the first tap that is equal to it, or of the\n"
"first NaN, or the last NaN if `last`: base[outer] + d pitch[0] + h pitch[1] + w pitch[2] of its pixel (d, h, w).");

PyDoc_STRVAR(rank_sort_doc,
"rank_sort(x, outs, (depth, height, width), ranks, valid=None)\n--\n\n"
"One or two order statistics of every window, each window by itself. A rank is a number, from 0, or an int64 array with one\n"
"for each cell. `valid` has a byte for each pixel that is 0 where it does not count. NaN gives NaN, and no pixel 0.");

PyDoc_STRVAR(rank_histogram_doc,
"rank_histogram(x, outs, (depth, height, width), ranks, valid=None)\n--\n\n"
"The same of values of 8 or 16 bits, by histograms that move along rows.");

PyDoc_STRVAR(mode_doc,
"mode(x, outs, (depth, height, width), counted, valid=None)\n--\n\n"
"The most frequent value of every window, the smallest of equally frequent ones: by histograms if `counted`, for values of\n"
"8 or 16 bits, else in order. `outs` is one array in a tuple.");

static PyMethodDef METHODS[] = {
    {"fold", fold, METH_VARARGS, fold_doc},
    {"fold_index", fold_index, METH_VARARGS, fold_index_doc},
    {"network", network, METH_VARARGS, network_doc},
    {"rank_sort", rank_sort, METH_VARARGS, rank_sort_doc},
    {"rank_histogram", rank_histogram, METH_VARARGS, rank_histogram_doc},
    {"mode", mode, METH_VARARGS, mode_doc},
    {NULL, NULL, 0, NULL},
};

static int fill(PyObject *module)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {{"MAX", MAX}, {"MIN", MIN}, {"ADD", ADD}, {"SQUARES", SQUARES},
                     {"HALF_EVEN", HALF_EVEN}, {"HALF_UP", HALF_UP}, {"FLOOR", FLOOR}};
    EACH(i, (ptrdiff_t)(sizeof constants / sizeof *constants))
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0)
            return -1;
    return 0;
}

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, fill},
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, .m_name = "_core", .m_doc = "Pooling of windows in compiled loops.", .m_size = 0,
    .m_methods = METHODS, .m_slots = SLOTS,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&MODULE);
}
