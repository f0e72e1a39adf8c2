/* Weighted sums of rectangles of a map: the cells of boxes. */

namespace {

/* Add N <= 4 lines, each times its weight, to sums or to zeros: one after another. */
template <int N, class X>
INLINE void add_lines(const X *x, ptrdiff_t apart, const double *weights, ptrdiff_t length,
                      bool begins, double *out)
{
    const auto add = [=](double sum, ptrdiff_t i) {
        sum += weights[0] * x[i];
        if constexpr (N > 1)
            sum += weights[1] * x[i + apart];
        if constexpr (N > 2)
            sum += weights[2] * x[i + 2 * apart];
        if constexpr (N > 3)
            sum += weights[3] * x[i + 3 * apart];
        return sum;
    };
    if (begins) {
        ALONG(i, length) out[i] = add(0, i);
    } else {
        ALONG(i, length) out[i] = add(out[i], i);
    }
}

/* The sum of some lines, `apart` numbers apart, each times its weight: one after another. */
template <class X>
HOT void sum_weighted(const X *x, ptrdiff_t apart, const double *weights, ptrdiff_t count,
                      ptrdiff_t length, double *out)
{
    switch (count % 4) {
    case 0:
        if (count == 0)
            std::fill_n(out, length, 0.0);
        break;
    case 1: add_lines<1>(x, apart, weights, length, true, out); break;
    case 2: add_lines<2>(x, apart, weights, length, true, out); break;
    case 3: add_lines<3>(x, apart, weights, length, true, out); break;
    }
    for (ptrdiff_t line = count % 4; line < count; line += 4)
        add_lines<4>(x + line * apart, apart, weights + line, length, line == 0, out);
}

/* The weights of the pixels of a box along an axis in each of its cells: an array (boxes, 1, cells,
   pixels, 1), and where the pixels begin. */
struct Weights {
    Array array;
    std::vector<int64_t> starts;

    void open(PyObject *weights, PyObject *firsts, ptrdiff_t pixels)
    {
        array.open(weights);
        starts = numbers_of(firsts);
        check(array.type == 'd' && array.shape[1] == 1 && array.shape[4] == 1
                  && starts.size() == static_cast<size_t>(array.shape[0]),
              "there must be weights of cells and pixels for each box");
        for (int64_t start : starts)
            check(start >= 0 && start < pixels, "a box begins outside of the map");
    }

    /* For each cell of a box, its pixels from the first to the last with a weight, none beyond the
       map. */
    std::vector<std::pair<ptrdiff_t, ptrdiff_t>> spans(ptrdiff_t box, ptrdiff_t pixels) const
    {
        std::vector<std::pair<ptrdiff_t, ptrdiff_t>> spans;
        EACH(cell, array.shape[2]) {
            const double *weights = array.at<double>(box, 0, cell);
            ptrdiff_t first = 0, stop = std::min<ptrdiff_t>(array.shape[3], pixels - starts[box]);
            while (stop > 0 && weights[stop - 1] == 0) stop--;
            while (first < stop && weights[first] == 0) first++;
            spans.push_back({first, stop});
        }
        return spans;
    }
};

/* The cells of some boxes: `x` is (1, 1, height, width, channels), `out` (boxes, channels, rows,
   columns, 1). A row of the map is summed across for all columns, then rows are summed. */
template <class X, class O> struct Weighing {
    const Array &x, &out;
    const Weights &down, &across;

    void all()
    {
        const ptrdiff_t channels = x.shape[4], columns = out.shape[3], length = columns * channels;
        Scratch<double> rows, cells;
        rows.open(down.array.shape[3] * length);
        cells.open(out.shape[2] * length);
        EACH(box, out.shape[0]) {
            const auto of_rows = down.spans(box, x.shape[2]);
            const auto of_columns = across.spans(box, x.shape[3]);
            ptrdiff_t first = x.shape[2], stop = 0;
            for (auto [begin, end] : of_rows) {
                first = begin < end ? std::min(first, begin) : first;
                stop = std::max(stop, end);
            }
            for (ptrdiff_t row = first; row < stop; row++)
                EACH(j, columns) {
                    auto [begin, end] = of_columns[j];
                    const X *pixels =
                        x.at<X>(0, 0, down.starts[box] + row, across.starts[box] + begin);
                    sum_weighted(pixels, channels, across.array.at<double>(box, 0, j, begin),
                                 end - begin, channels, rows.data + row * length + j * channels);
                }
            EACH(i, out.shape[2]) {
                auto [begin, end] = of_rows[i];
                sum_weighted(rows.data + begin * length, length,
                             down.array.at<double>(box, 0, i, begin), end - begin, length,
                             cells.data + i * length);
            }
            EACH(c, channels)
                EACH(i, out.shape[2])
                    EACH(j, columns)
                        *out.at<O>(box, c, i, j) =
                            static_cast<O>(cells.data[i * length + j * channels + c]);
        }
    }
};

/* Call `work` with a zero of float or double. */
template <class Work> void with_floats(int type, Work work)
{
    return type == 'f' ? work(float()) : work(double());
}

bool weigh(PyObject *args)
{
    PyObject *map, *result, *rows, *first_rows, *columns, *first_columns;
    if (!PyArg_ParseTuple(args, "OO(OO)(OO)", &map, &result, &rows, &first_rows, &columns,
                          &first_columns))
        throw Failed();
    Array x, out;
    Weights down, across;
    x.open(map);
    out.open(result, PyBUF_WRITABLE);
    down.open(rows, first_rows, x.shape[2]);
    across.open(columns, first_columns, x.shape[3]);
    check((x.type == 'f' || x.type == 'd') && (out.type == 'f' || out.type == 'd'),
          "sums are of floats");
    check(x.shape[0] == 1 && x.shape[1] == 1 && out.shape[1] == x.shape[4] && out.shape[4] == 1
              && out.shape[0] == down.array.shape[0] && out.shape[0] == across.array.shape[0]
              && out.shape[2] == down.array.shape[2] && out.shape[3] == across.array.shape[2],
          "boxes, cells or channels differ");
    Unlocked unlocked;
    with_floats(x.type, [&](auto pixel) {
        with_floats(out.type, [&](auto cell) {
            Weighing<decltype(pixel), decltype(cell)>{x, out, down, across}.all();
        });
    });
    return true;
}

} /* namespace */
