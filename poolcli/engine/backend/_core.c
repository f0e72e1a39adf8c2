/* Pooling of windows in compiled loops: folds, order statistics, counts.

   Every array is (outer, depth, height, width, channels); pixels of a row and channels of a pixel
   lie next to each other, the other axes may lie anywhere. Windows come as runs: see `Run`.
   Arguments are checked first, then the GIL is released. There is no state between calls. */

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

#include "_types.h"

/* Arguments ------------------------------------------------------------------------------------ */

static int fail(const char *message)
{
    PyErr_SetString(PyExc_ValueError, message);
    return 0;
}

static int no_memory(void)
{
    PyErr_NoMemory();
    return 0;
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* The type a format letter stands for, or -1. */
static int type_of(int letter)
{
    int wide = sizeof(long) == 8 ? U64 : U32;
    switch (letter) {
    case '?':
    case 'B': return U8;
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
    if ((a->shape[4] > 1 && a->step[4] != size)
        || (a->shape[3] > 1 && a->step[3] != size * a->shape[4]))
        return fail("pixels of a row must lie next to each other");
    return 1;
}

/* A copy of a vector or table of 64-bit whole numbers, made before it is checked. */
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

/* `number` windows of `size` taps `step` apart, the first at pixel `start`, each next `stride`
   further: they are the cells `cell`, `cell + every`, ... of an axis. */
typedef struct {
    int64_t cell, number, start, stride, size, step, every;
} Run;

typedef struct {
    Run *runs;
    ptrdiff_t count;
} Runs;

static const int64_t LARGEST = (int64_t)1 << 31;

/* The runs of an axis: every cell belongs to one of them, or some to none, and every tap is a
   pixel. */
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
        for (int i = 0; i < 7; i++) good = good && field[i] >= 0 && field[i] < LARGEST;
        good = good && run->number > 0 && run->size > 0 && run->step > 0 && run->every > 0;
        good = good && run->cell + (run->number - 1) * run->every < cells;
        good =
            good
            && run->start + (run->number - 1) * run->stride + (run->size - 1) * run->step < pixels;
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

/* The part of a run that is among some cells, with cells and pixels counted from there on; its
   number may be 0. */
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

/* Some windows of a run, from one on. */
static Run nth(const Run *run, int64_t first, int64_t most)
{
    Run part = *run;
    part.cell += first * run->every;
    part.start += first * run->stride;
    part.number = smaller(run->number - first, most);
    return part;
}

static int64_t pixels_of(const Run *run)
{
    return (run->number - 1) * run->stride + (run->size - 1) * run->step + 1;
}

enum { RESULTS = 2 };

/* What is read, what is written, and the windows that are pooled. */
typedef struct {
    Array x, outs[RESULTS];
    ptrdiff_t count; /* of results */
    Runs runs[3];
} Windows;

static int same_shape(const Array *a, const Array *b)
{
    return memcmp(a->shape, b->shape, sizeof a->shape) == 0;
}

/* `outs` is one array or a tuple of them; `some`: cells may belong to no run. */
static int open_windows(Windows *w, PyObject *x, PyObject *outs, PyObject *tables, int some)
{
    PyObject *table[3];
    int several = PyTuple_Check(outs);
    w->count = several ? PyTuple_Size(outs) : 1;
    if (w->count < 1 || w->count > RESULTS)
        return fail("there must be one or two results");
    if (!open_array(&w->x, x, 0))
        return 0;
    EACH(i, w->count)
        if (!open_array(&w->outs[i], several ? PyTuple_GetItem(outs, i) : outs, PyBUF_WRITABLE))
            return 0;
    if (!same_shape(&w->outs[0], &w->outs[w->count - 1]))
        return fail("results must have the same shape");
    if (w->x.shape[0] != w->outs[0].shape[0] || w->x.shape[4] != w->outs[0].shape[4])
        return fail("arrays differ in their outer axis or channels");
    if (!PyArg_ParseTuple(tables, "OOO", &table[0], &table[1], &table[2]))
        return 0;
    for (int axis = 0; axis < 3; axis++)
        if (!open_runs(&w->runs[axis], table[axis], w->x.shape[axis + 1],
                       w->outs[0].shape[axis + 1], some))
            return 0;
    return 1;
}

/* What every function returns: None, or NULL after a failure. */
static PyObject *close_windows(Windows *w, int good)
{
    EACH(axis, 3) free(w->runs[axis].runs);
    PyBuffer_Release(&w->x.view);
    EACH(i, RESULTS) PyBuffer_Release(&w->outs[i].view);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

static int64_t largest_size(const Runs *runs)
{
    int64_t largest = 1;
    EACH(i, runs->count) largest = larger(largest, runs->runs[i].size);
    return largest;
}

/* No window has more taps along the first axes. */
static double largest_window(const Windows *w, int axes)
{
    double taps = 1;
    EACH(axis, axes) taps *= (double)largest_size(&w->runs[axis]);
    return taps;
}

static ptrdiff_t pixel_of(const Array *a) { return a->shape[4] * size_of(a->type); }

static char *place_in(const Array *a, ptrdiff_t outer, int64_t deep, int64_t down, int64_t across,
                      ptrdiff_t channel)
{
    return a->data + outer * a->step[0] + deep * a->step[1] + down * a->step[2]
           + (across * a->shape[4] + channel) * size_of(a->type);
}

/* Wide copies of narrow pixels, each written over by the next one; nothing lies between them. */
#define PICK_OVER(bytes)                                                 \
    EACH(i, number - 1) memcpy(out + i * (size), x + i * stride, bytes); \
    memcpy(out + (number - 1) * (size), x + (number - 1) * stride, (size_t)(size))

/* Copy `number` pixels of `size` bytes, which lie `stride` apart, to where they lie `next` apart.
 */
static void pick(const char *x, ptrdiff_t stride, ptrdiff_t size, ptrdiff_t number, char *out,
                 ptrdiff_t next)
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

#include "_fold.h"
#include "_select.h"

/* The module ----------------------------------------------------------------------------------- */

PyDoc_STRVAR(
    fold_doc,
    "fold(x, out, (depth, height, width), merge, state, counts=None, rounding=HALF_EVEN)\n--\n\n"
    "Merge the taps of every window. Arrays are (outer, depth, height, width, channels); the grid "
    "is a table of runs for each\n"
    "axis, int64 rows (cell, number, start, stride, size, step, every). `merge` is MAX, MIN, ADD "
    "or SQUARES, `state` the\n"
    "letter of the dtype of states. With `counts`, int64 vectors of the cells of each axis, cells "
    "are divided by the product\n"
    "of theirs.");

PyDoc_STRVAR(network_doc,
             "network(x, outs, (depth, height, width), phases, calls, results, frequent=0)\n--\n\n"
             "Order statistics of windows by minima and maxima of lines. Line (d h + i) phases + p "
             "holds, for every window, the pixel p\n"
             "of its tap (d, i) of depth and height; with phases > 1, as many as the stride, the "
             "next pixel of a line is that of the\n"
             "next window, else the next one of the row. A call, int64 (kind, a, ahead, b, ahead, "
             "c, ahead, out, out, out), reads lines,\n"
             "each so many pixels further on, and writes others: see `_kernels.h` for its kinds. "
             "`results` are the lines of which the\n"
             "windows at their stride go to each of `outs`. Cells of no run are left as they are.\n"
             "If `frequent`, the results are all values in order, and the most frequent one goes "
             "to the only array in `outs`.");

PyDoc_STRVAR(
    fold_index_doc,
    "fold_index(x, values, indices, (depth, height, width), merge, base, pitch, last=False)\n--\n\n"
    "The largest (MAX) or smallest (MIN) value of every window, and the index of the first tap "
    "that is equal to it, or of the\n"
    "first NaN, or the last NaN if `last`: base[outer] + d pitch[0] + h pitch[1] + w pitch[2] of "
    "its pixel (d, h, w).");

PyDoc_STRVAR(rank_sort_doc, "rank_sort(x, outs, (depth, height, width), ranks, valid=None)\n--\n\n"
                            "One or two order statistics of every window, each window by itself. A "
                            "rank is a number, from 0, or an int64 array with one\n"
                            "for each cell. `valid` has a byte for each pixel that is 0 where it "
                            "does not count. NaN gives NaN, and no pixel 0.");

PyDoc_STRVAR(rank_histogram_doc,
             "rank_histogram(x, outs, (depth, height, width), ranks, valid=None)\n--\n\n"
             "The same of values of 8 or 16 bits, by histograms that move along rows.");

PyDoc_STRVAR(mode_doc, "mode(x, outs, (depth, height, width), counted, valid=None)\n--\n\n"
                       "The most frequent value of every window, the smallest of equally frequent "
                       "ones: by histograms if `counted`, for values of\n"
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
    } constants[] = {{"MAX", MAX},
                     {"MIN", MIN},
                     {"ADD", ADD},
                     {"SQUARES", SQUARES},
                     {"HALF_EVEN", HALF_EVEN},
                     {"HALF_UP", HALF_UP},
                     {"FLOOR", FLOOR}};
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
    PyModuleDef_HEAD_INIT, .m_name = "_core",    .m_doc = "Pooling of windows in compiled loops.",
    .m_size = 0,           .m_methods = METHODS, .m_slots = SLOTS,
};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&MODULE); }
