/* Arguments: arrays, the windows over them, and the types of their numbers. They are checked here,
   so that nothing outside of arrays is read or written whatever the caller passes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

namespace {

enum { MAX, MIN, ADD, SQUARES, CUBES, CUBES_ABOVE };

struct Failed {}; /* an exception of Python is set */

void check(bool holds, const char *otherwise)
{
    if (!holds) {
        PyErr_SetString(PyExc_ValueError, otherwise);
        throw Failed();
    }
}

/* Types are the letters of PEP 3118, with those of fixed size in place of l and L. A dtype that
   names the byte order of this machine (newbyteorder) has it in front, and sizes that are fixed. */
int type_of(const char *format)
{
    const char own = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
    bool named = format && *format == own;
    format += named;
    int letter = !format ? 'B' : format[0] && !format[1] ? format[0] : 0;
    bool wide = !named && sizeof(long) == 8;
    return letter == '?'   ? 'B'
           : letter == 'l' ? (wide ? 'q' : 'i')
           : letter == 'L' ? (wide ? 'Q' : 'I')
                           : letter;
}

/* Call `work` with a zero of a type of pixels. */
template <class Work> void with_type(int type, Work work)
{
    switch (type) {
    case 'B': return work(uint8_t());
    case 'b': return work(int8_t());
    case 'H': return work(uint16_t());
    case 'h': return work(int16_t());
    case 'i': return work(int32_t());
    case 'q': return work(int64_t());
    case 'f': return work(float());
    case 'd': return work(double());
    }
    check(false, "values of a type that is not compiled");
}

/* The same of a type of states, as sums have more. */
template <class Work> void with_state(int type, Work work)
{
    switch (type) {
    case 'I': return work(uint32_t());
    case 'Q': return work(uint64_t());
    }
    with_type(type, work);
}

/* An array (outer, depth, height, width, channels). Pixels of a row, and channels of a pixel, are
   neighbours in memory. */
struct Array {
    Py_buffer view{};
    int type = 0;
    ptrdiff_t shape[5], step[5]; /* steps in bytes */

    Array() = default;
    Array(const Array &) = delete;
    ~Array() { PyBuffer_Release(&view); }

    void open(PyObject *object, int flags = 0)
    {
        if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES | PyBUF_FORMAT | flags) < 0)
            throw Failed();
        type = type_of(view.format);
        with_state(type, [&](auto zero) {
            check(view.itemsize == sizeof zero, "array of an unknown type");
        });
        check(view.ndim == 5, "array must have five axes");
        ptrdiff_t rest = reinterpret_cast<uintptr_t>(view.buf) % static_cast<size_t>(view.itemsize);
        EACH(axis, 5) {
            shape[axis] = view.shape[axis];
            step[axis] = shape[axis] > 1 ? view.strides[axis] : 0;
            rest |= step[axis] % view.itemsize;
        }
        check(!rest, "array must be aligned");
        check((shape[4] <= 1 || step[4] == view.itemsize)
                  && (shape[3] <= 1 || step[3] == view.itemsize * shape[4]),
              "pixels of a row must lie next to each other");
    }

    bool is_open() const { return view.obj; }

    bool same_shape(const Array &other) const { return std::equal(shape, shape + 5, other.shape); }

    /* How many numbers lie between neighbours along an axis. */
    ptrdiff_t apart(int axis) const { return step[axis] / view.itemsize; }

    template <class T> T *at(ptrdiff_t outer, int64_t deep, int64_t down, int64_t across = 0,
                             ptrdiff_t channel = 0) const
    {
        char *row =
            static_cast<char *>(view.buf) + outer * step[0] + deep * step[1] + down * step[2];
        return reinterpret_cast<T *>(row) + across * shape[4] + channel;
    }
};

/* A copy of a vector of 64-bit whole numbers, or of a table of so many columns. */
std::vector<int64_t> numbers_of(PyObject *object, int columns = 0)
{
    struct View : Py_buffer {
        ~View() { PyBuffer_Release(this); }
    } view{};
    if (PyObject_GetBuffer(object, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        throw Failed();
    check(type_of(view.format) == 'q', "table must be of 64-bit whole numbers");
    check(columns ? view.ndim == 2 && view.shape[1] == columns : view.ndim == 1,
          "table of a wrong shape");
    auto first = static_cast<const int64_t *>(view.buf);
    return {first, first + view.len / 8};
}

/* `number` windows of `size` taps `step` apart, the first at pixel `start`, each next `stride`
   further: they are the cells `cell`, `cell + every`, ... of an axis. */
struct Run {
    int64_t cell, number, start, stride, size, step, every;

    /* So many of the windows, from one on. */
    Run part(int64_t first, int64_t most) const
    {
        Run some = *this;
        some.cell += first * every;
        some.start += first * stride;
        some.number = std::min(number - first, most);
        return some;
    }

    int64_t pixels() const { return (number - 1) * stride + (size - 1) * step + 1; }
};

constexpr int64_t LARGEST = int64_t(1) << 31;

using Runs = std::vector<Run>;

/* The runs of an axis: every tap is a pixel, and every cell belongs to one run, or some to none. */
Runs runs_of(PyObject *table, ptrdiff_t pixels, ptrdiff_t cells, bool some)
{
    std::vector<int64_t> numbers = numbers_of(table, 7);
    for (int64_t number : numbers)
        check(number >= 0 && number < LARGEST, "a run does not fit its axis");
    Runs runs(numbers.size() / 7);
    std::copy(numbers.begin(), numbers.end(), reinterpret_cast<int64_t *>(runs.data()));
    std::vector<char> seen(static_cast<size_t>(cells));
    ptrdiff_t count = 0;
    for (const Run &run : runs) {
        check(run.number > 0 && run.size > 0 && run.step > 0 && run.every > 0
                  && run.cell + (run.number - 1) * run.every < cells
                  && run.start + run.pixels() <= pixels,
              "a run does not fit its axis");
        EACH(i, run.number) check(!seen[run.cell + i * run.every]++, "a cell belongs to two runs");
        count += run.number;
    }
    check(some || count == cells, "a cell belongs to no run");
    return runs;
}

int64_t largest_size(const Runs &runs)
{
    int64_t largest = 1;
    for (const Run &run : runs) largest = std::max(largest, run.size);
    return largest;
}

/* What is read, what is written, and the windows that are pooled. */
struct Windows {
    Array x, outs[2];
    int count = 0; /* of results */
    Runs runs[3];

    /* `results` is an array, or a tuple of one or two; `some`: cells may belong to no run. */
    void open(PyObject *pixels, PyObject *results, PyObject *tables, bool some = false)
    {
        bool several = PyTuple_Check(results);
        count = several ? static_cast<int>(PyTuple_Size(results)) : 1;
        check(count == 1 || count == 2, "there must be one or two results");
        x.open(pixels);
        EACH(i, count)
            outs[i].open(several ? PyTuple_GetItem(results, i) : results, PyBUF_WRITABLE);
        const Array &out = outs[0];
        check(out.same_shape(outs[count - 1]), "results must have the same shape");
        check(x.shape[0] == out.shape[0] && x.shape[4] == out.shape[4],
              "arrays differ in their outer axis or channels");
        check(PyTuple_Check(tables) && PyTuple_Size(tables) == 3, "there must be three tables");
        EACH(axis, 3)
            runs[axis] = runs_of(PyTuple_GetItem(tables, axis), x.shape[axis + 1],
                                 out.shape[axis + 1], some);
    }

    ptrdiff_t channels() const { return x.shape[4]; }

    /* Make one plane of planes that follow one another, if their windows do so, too. */
    void join_planes()
    {
        ptrdiff_t planes = x.shape[0];
        if (planes < 2 || x.shape[1] * outs[0].shape[1] > 1 || runs[1].size() != 1)
            return;
        Run &run = runs[1][0];
        auto follow = [](const Array &a) {
            return a.shape[2] == 1 || a.step[0] == a.shape[2] * a.step[2];
        };
        if ((run.number > 1 && run.number * run.stride != x.shape[2])
            || run.number != outs[0].shape[2] || planes * x.shape[2] >= LARGEST || !follow(x)
            || !follow(outs[0]))
            return;
        run.stride = x.shape[2] / run.number;
        run.every = 1;
        run.number *= planes;
        for (Array *a : {&x, &outs[0]}) {
            a->step[2] = a->step[a->shape[2] == 1 ? 0 : 2];
            a->shape[2] *= planes;
            a->shape[0] = 1;
        }
    }

    bool is_empty() const
    {
        return x.shape[0] == 0 || channels() == 0
               || std::any_of(runs, runs + 3, [](const Runs &each) { return each.empty(); });
    }

    /* Whether windows of a row share pixels. */
    bool slide() const
    {
        return std::any_of(runs[2].begin(), runs[2].end(), [](const Run &run) {
            return run.number > 1 && run.stride < run.size * run.step;
        });
    }

    /* No window has more taps. */
    double largest() const
    {
        double taps = 1;
        for (const Runs &each : runs) taps *= static_cast<double>(largest_size(each));
        return taps;
    }

    /* Call `visit(outer, deep, down)` for each cell of depth, where `deep` is a run of one cell. */
    template <class Visit> void each_row_run(Visit visit) const
    {
        EACH(outer, x.shape[0])
            for (const Run &run : runs[0])
                EACH(cell, run.number)
                    for (const Run &down : runs[1]) visit(outer, run.part(cell, 1), down);
    }
};

/* Memory for numbers, which begins where vectors do. */
template <class T> class Scratch {
    std::unique_ptr<char[]> memory;

  public:
    T *data = nullptr;

    void open(ptrdiff_t count)
    {
        memory.reset(new char[static_cast<size_t>(count) * sizeof(T) + 64]);
        data = reinterpret_cast<T *>(memory.get()
                                     + (64 - reinterpret_cast<uintptr_t>(memory.get()) % 64));
    }
};

/* Let other threads of Python run. */
struct Unlocked {
    PyThreadState *state = PyEval_SaveThread();
    ~Unlocked() { PyEval_RestoreThread(state); }
};

} /* namespace */
