/* The filters of PNG (PNG, 9): rows of bytes as differences from what their neighbours predict.

   Images are C-contiguous bytes, `height` rows of `width`; filtered rows have the number of their
   filter before them. Arguments are checked first, then the GIL is released. */

#include <pyconfig.h> /* it says whether Python is free-threaded: that has no limited API */
#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("tree-vectorize", "vect-cost-model=dynamic")
#endif

namespace {

using std::ptrdiff_t;
using Byte = uint8_t;
enum Filter : Byte { NONE, SUB, UP, AVERAGE, PAETH };

struct View : Py_buffer {
    View() : Py_buffer{} {}
    View(const View &) = delete;
    ~View() { PyBuffer_Release(this); }

    bool open(PyObject *object, int flags)
    {
        return PyObject_GetBuffer(object, this, PyBUF_C_CONTIGUOUS | flags) == 0;
    }
    Byte *bytes() const { return static_cast<Byte *>(buf); }
};

/* Of left, up and corner the nearest to left + up - corner; the first on ties. */
inline int paeth(int left, int up, int corner)
{
    int from_left = std::abs(up - corner), from_up = std::abs(left - corner);
    int from_corner = std::abs(left + up - 2 * corner);
    int side = from_up < from_left ? up : left;
    int distance = from_up < from_left ? from_up : from_left;
    return from_corner < distance ? corner : side;
}

/* A row from its differences, by what `predict` makes of the pixels left, up and in the corner,
   of STEP bytes each. */
template <int STEP, class Predict>
void restore_by(Predict predict, const Byte *in, const Byte *above, Byte *out, ptrdiff_t width)
{
    int left[STEP] = {}, corner[STEP] = {};
    for (ptrdiff_t x = 0; x + STEP <= width; x += STEP)
        for (int c = 0; c < STEP; c++) {
            int up = above[x + c];
            left[c] = Byte(in[x + c] + predict(left[c], up, corner[c]));
            corner[c] = up;
            out[x + c] = Byte(left[c]);
        }
}

template <int STEP>
bool restore(int filter, const Byte *in, const Byte *above, Byte *out, ptrdiff_t width)
{
    switch (filter) {
    case NONE: std::memcpy(out, in, size_t(width)); return true;
    case SUB:
        restore_by<STEP>([](int left, int, int) { return left; }, in, above, out, width);
        return true;
    case UP:
        for (ptrdiff_t x = 0; x < width; x++)
            out[x] = Byte(in[x] + above[x]);
        return true;
    case AVERAGE:
        restore_by<STEP>([](int left, int up, int) { return (left + up) >> 1; }, in, above, out,
                         width);
        return true;
    case PAETH: restore_by<STEP>(paeth, in, above, out, width); return true;
    }
    return false;
}

/* Whether the filters of all rows are known ones. */
template <int STEP>
bool restore_rows(const Byte *in, Byte *image, ptrdiff_t first, ptrdiff_t number, ptrdiff_t width)
{
    std::vector<Byte> nothing(first ? 0 : size_t(width));
    const Byte *above = first ? image + (first - 1) * width : nothing.data();
    for (ptrdiff_t y = 0; y < number; y++, in += width + 1) {
        Byte *row = image + (first + y) * width;
        if (!restore<STEP>(in[0], in + 1, above, row, width))
            return false;
        above = row;
    }
    return true;
}

PyDoc_STRVAR(unfilter_doc, R"(unfilter(rows, image, width, first, step)
--

Write filtered rows, undone, into an image `width` bytes wide, from its row `first` on. A pixel has
`step` bytes, 1 to 4. ValueError for a filter that there is not.)");

PyObject *unfilter(PyObject *, PyObject *args)
{
    PyObject *rows, *whole;
    Py_ssize_t width, first;
    int step;
    View in, image;
    if (!PyArg_ParseTuple(args, "OOnni", &rows, &whole, &width, &first, &step)
        || !in.open(rows, PyBUF_SIMPLE) || !image.open(whole, PyBUF_WRITABLE))
        return nullptr;
    Py_ssize_t number = width > 0 ? in.len / (width + 1) : 0;
    bool fits = width > 0 && first >= 0 && first <= image.len / width
                && number <= image.len / width - first && in.len == number * (width + 1)
                && step >= 1 && step <= 4 && width % step == 0;
    if (!fits)
        return PyErr_Format(PyExc_ValueError, "rows that do not fit the image");
    bool known = false;
    Py_BEGIN_ALLOW_THREADS
    auto work = step == 1   ? restore_rows<1>
                : step == 2 ? restore_rows<2>
                : step == 3 ? restore_rows<3>
                            : restore_rows<4>;
    known = work(in.bytes(), image.bytes(), first, number, width);
    Py_END_ALLOW_THREADS
    if (!known)
        return PyErr_Format(PyExc_ValueError, "a row has an unknown filter");
    Py_RETURN_NONE;
}

PyMethodDef METHODS[] = {
    {"unfilter", unfilter, METH_VARARGS, unfilter_doc},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef_Slot SLOTS[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};

PyModuleDef MODULE = {PyModuleDef_HEAD_INIT,
                      "_png_rows",
                      "The filters of PNG in compiled loops.",
                      0,
                      METHODS,
                      SLOTS,
                      nullptr,
                      nullptr,
                      nullptr};

} /* namespace */

PyMODINIT_FUNC PyInit__png_rows(void) { return PyModuleDef_Init(&MODULE); }
