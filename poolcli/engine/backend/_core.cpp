/* Pooling of windows in compiled loops: folds, order statistics, counts.

   Every array is (outer, depth, height, width, channels); pixels of a row and channels of a pixel
   lie next to each other, the other axes may lie anywhere. Windows come as runs: see `Run`.
   Arguments are checked first, then the GIL is released. There is no state between calls. */

#include <pyconfig.h> /* it says whether Python is free-threaded: that has no limited API */
#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030B0000
#endif

#include "_kernels.h"

#include "_windows.h"

#include "_small.h"
#include "_large.h"
#include "_fold.h"
#include "_moments.h"
#include "_select.h"
#include "_weigh.h"
#include "_cells.h"

namespace {

/* Another number, here and in `__init__.py`, where a function takes or does something else: an
   extension that was built before is not used then. */
constexpr int INTERFACE = 7;

/* A function of Python: it returns True or False, or NULL after a failure. */
template <bool verb(PyObject *)> PyObject *call(PyObject *, PyObject *args)
{
    try {
        return PyBool_FromLong(verb(args));
    } catch (const Failed &) {
        return nullptr;
    } catch (const std::bad_alloc &) {
        return PyErr_NoMemory();
    }
}

PyDoc_STRVAR(fold_doc,
             R"(fold(x, out, (depth, height, width), merge, state, counts=None, rounding=HALF_EVEN)
--

Merge the taps of every window. Arrays are (outer, depth, height, width, channels); the grid is
a table of runs for each axis, int64 rows (cell, number, start, stride, size, step, every).
`merge` is MAX, MIN, ADD, SQUARES, CUBES (of magnitudes) or CUBES_ABOVE (of numbers that are 1e-6 at
the least), `state` the letter of the dtype of states. With `counts`,
int64 vectors of the cells of each axis, cells are divided by the product of theirs; with the
rounding ROOT, the roots of the means are the result. Returns whether all means are finite.)");

PyDoc_STRVAR(can_fold_doc, R"(can_fold(merge, pixels, state, mean=None)
--

Whether pixels are folded to such states, and these divided to such means: letters of dtypes.)");

PyDoc_STRVAR(network_doc,
             R"(network(x, outs, (depth, height, width), phases, calls, results, frequent=False, ranks=None)
--

Order statistics of windows by minima and maxima of lines. Line (d h + i) phases + p holds, for
every window, the pixel p of its tap (d, i) of depth and height; with phases > 1, as many as the
stride, the next pixel of a line is that of the next window, else the next one of the row. A
call, int64 (kind, a, ahead, b, ahead, c, ahead, out, out, out), reads lines, each so many
pixels further on, and writes others: see `_kernels.h` for its kinds. `results` are the lines of
which the windows at their stride go to each of `outs`. Cells of no run are left as they are. If
`frequent`, the results are all values in order, and the most frequent one goes to the only
array in `outs`. With `ranks` they are that, too, and the value at the rank of each cell goes to
it: there is an array of bytes for each of `outs`.)");

PyDoc_STRVAR(order_doc, R"(order(x, outs, (depth, height, width), ranks, valid=None)
--

One or two order statistics of every window of values of 8 or 16 bits, by histograms. A rank is
a number, from 0, or an int64 array with one for each cell; without `ranks` (None) it is the most
frequent value, the smallest of equally frequent ones. `valid` has a byte for each pixel that is
0 where it does not count. No pixel gives 0.)");

PyDoc_STRVAR(
    fold_index_doc,
    R"(fold_index(x, (values, indices), (depth, height, width), merge, base, pitch, last=False)
--

The largest (MAX) or smallest (MIN) value of every window, and the index of the first tap that
is equal to it, or of the first NaN, or the last NaN if `last`: base[outer] + d pitch[0] + h
pitch[1] + w pitch[2] of its pixel (d, h, w).)");

PyDoc_STRVAR(weigh_doc, R"(weigh(x, out, (rows, first_rows), (columns, first_columns))
--

Weighted sums of pixels: cell (i, j) of a box is the sum over y of rows[i, y] times the sum over x
of columns[j, x] p[y, x], each from the first pixel on, in float64. `x` is (1, 1, height, width,
channels), `out` (boxes, channels, rows, columns, 1), both of float32 or float64. Weights are
(boxes, 1, cells, pixels, 1), of pixels from the first one of each box on.)");

PyDoc_STRVAR(spread_doc, R"(spread(x, out, (depth, height, width), root, valid)
--

The variance of every window of floats, or its root. `valid` is None, or has a byte for each pixel
that is 0 where it does not count; no pixel gives NaN. Returns whether all are finite.)");

PyDoc_STRVAR(deviate_doc, R"(deviate(totals, squares, out, counts, root, rounding)
--

The variance of every window, or its root, from its sum, its sum of squares (float64), and counts as
in `fold`: n times the sum of squares is below 2^53. Only roots become whole numbers.)");

PyDoc_STRVAR(divide_doc, R"(divide(totals, counts, out, rounding)
--

Sums of windows over a count for each (uint32, and a total over 0 is itself), rounded once. All are
arrays of cells. Returns whether all means are finite.)");

PyDoc_STRVAR(correlate_doc, R"(correlate(x, out, (depth, height, width), weights)
--

The sum of the taps of every window times their weights (float64, one for each tap), one after
another in float64, from 0 on. A tap whose weight is 0 is not read. Windows are one run for each
axis; cells of no run are left as they are.)");

PyMethodDef METHODS[] = {
    {"fold", call<fold>, METH_VARARGS, fold_doc},
    {"can_fold", can_fold, METH_VARARGS, can_fold_doc},
    {"fold_index", call<fold_index>, METH_VARARGS, fold_index_doc},
    {"network", call<network>, METH_VARARGS, network_doc},
    {"order", call<order>, METH_VARARGS, order_doc},
    {"spread", call<spread>, METH_VARARGS, spread_doc},
    {"deviate", call<deviate>, METH_VARARGS, deviate_doc},
    {"divide", call<divide_cells>, METH_VARARGS, divide_doc},
    {"correlate", call<correlate>, METH_VARARGS, correlate_doc},
    {"weigh", call<weigh>, METH_VARARGS, weigh_doc},
    {nullptr, nullptr, 0, nullptr},
};

int fill(PyObject *module)
{
    const struct {
        const char *name;
        int value;
    } constants[] = {{"INTERFACE", INTERFACE},
                     {"MAX", MAX},
                     {"MIN", MIN},
                     {"ADD", ADD},
                     {"SQUARES", SQUARES},
                     {"CUBES", CUBES},
                     {"CUBES_ABOVE", CUBES_ABOVE},
                     {"HALF_EVEN", HALF_EVEN},
                     {"HALF_UP", HALF_UP},
                     {"FLOOR", FLOOR},
                     {"ROOT", ROOT}};
    for (auto constant : constants)
        if (PyModule_AddIntConstant(module, constant.name, constant.value) < 0)
            return -1;
    return 0;
}

PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, reinterpret_cast<void *>(fill)},
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};

PyModuleDef MODULE = {PyModuleDef_HEAD_INIT,
                      "_core",
                      "Pooling of windows in compiled loops.",
                      0,
                      METHODS,
                      SLOTS,
                      nullptr,
                      nullptr,
                      nullptr};

} /* namespace */

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&MODULE); }
