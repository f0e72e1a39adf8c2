/* Variances of windows, and their roots: of floats by merging means and sums of squared deviations,
   of whole numbers by exact sums. */

namespace {

/* How many pixels there are, their mean, and the sum of their squared deviations from it. */
struct Moment {
    double count, mean, squares;

    /* Chan, Golub, LeVeque 1979, equation 1.5: see `reducers/merges.py`. */
    static INLINE Moment merge(Moment a, Moment b)
    {
        double count = a.count + b.count, away = b.mean - a.mean;
        double share = b.count / (count > 0 ? count : 1), weight = a.count * share;
        double between = weight > 0 ? away * away * weight : 0; /* not infinity times 0 */
        return {count, a.mean + away * share, a.squares + b.squares + between};
    }
};

/* Lines of moments; without a line of counts, all have the same. */
template <bool masked> struct Moments {
    double *means, *squares, *counts, count;

    INLINE Moment operator[](ptrdiff_t i) const
    {
        return {masked ? counts[i] : count, means[i], squares[i]};
    }

    INLINE void put(ptrdiff_t i, Moment moment) const
    {
        means[i] = moment.mean;
        squares[i] = moment.squares;
        if (masked)
            counts[i] = moment.count;
    }

    Moments from(ptrdiff_t i) const { return {means + i, squares + i, counts + i, count}; }
};

/* Pixels, and a byte for each that is 0 where it does not count. */
template <class X, bool masked> struct Pixels {
    const char *x, *valid;

    Pixels from(ptrdiff_t apart, ptrdiff_t valid_apart) const
    {
        return {x + apart, masked ? valid + valid_apart : nullptr};
    }

    INLINE Moment operator[](ptrdiff_t i) const
    {
        double pixel = numbers<X>(x)[i], none = pixel - pixel; /* NaN for an infinity */
        bool counts = !masked || valid[i];
        return {counts ? 1.0 : 0.0, counts ? pixel : 0.0, counts ? none : 0.0};
    }
};

template <class X, bool masked>
HOT void lift_moments(Pixels<X, masked> x, ptrdiff_t n, ptrdiff_t tap, ptrdiff_t valid_tap,
                      Moments<masked> out, ptrdiff_t length)
{
#define LIFT(N)                                                                                    \
    case N:                                                                                        \
        ALONG(i, length)                                                                           \
            out.put(i, tree<N, Moment>([=](int at) { return x.from(at * tap, at * valid_tap)[i]; })); \
        return;
    switch (n) {
        LIFT(1)
        LIFT(2)
        LIFT(3)
        LIFT(4)
    }
#undef LIFT
}

template <bool masked>
HOT void merge_taps(Moments<masked> x, ptrdiff_t n, ptrdiff_t tap, Moments<masked> out,
                    ptrdiff_t length)
{
#define MERGE(N)                                                                                   \
    case N:                                                                                        \
        ALONG(i, length) out.put(i, tree<N, Moment>([=](int at) { return x[i + at * tap]; }));     \
        return;
    switch (n) {
        MERGE(2)
        MERGE(3)
        MERGE(4)
    }
#undef MERGE
}

/* `out` may be `a`, or begin before `b`. */
template <bool masked>
HOT void merge_moments(Moments<masked> a, Moments<masked> b, Moments<masked> out, ptrdiff_t length)
{
    ALONG(i, length) out.put(i, Moment::merge(a[i], b[i]));
}

/* Variances or their roots; whether all are finite. */
template <class O, bool masked>
HOT bool divide_moments(Moments<masked> x, bool root, ptrdiff_t length, O *out)
{
    int endless = 0;
    auto divide = [&](auto finish) {
        ALONG(i, length) {
            double value = finish(x.squares[i] / x[i].count);
            endless |= value - value != 0;
            out[i] = static_cast<O>(value);
        }
    };
    if (root)
        divide([](double value) { return std::sqrt(value); });
    else
        divide([](double value) { return value; });
    return !endless;
}

/* One job. A row of windows is folded at a time, some of its cells so that all lines stay in the
   first cache: depth first, then down, then across. */
template <class X, class O, bool masked> class Spread {
    static constexpr ptrdiff_t NUMBERS = 512;
    using Line = Moments<masked>;
    using Map = Pixels<X, masked>;

    const Windows &windows;
    const Array &valid;
    const bool root;
    ptrdiff_t channels, row = 0;
    std::vector<Tile> tiles;
    Scratch<double> memory;
    Line base, across;
    std::vector<Line> others; /* second halves, one of the other */

  public:
    bool finite = true;

    Spread(const Windows &w, const Array &mask, bool take_root)
        : windows(w), valid(mask), root(take_root), channels(w.channels())
    {
        tiles = tiles_of(w.runs[2], w.x.shape[3], w.outs[0].shape[3], NUMBERS / channels);
        for (const Tile &tile : tiles) row = std::max<ptrdiff_t>(row, tile.pixels * channels);
        ptrdiff_t lines = 3;
        EACH(axis, 2)
            for (int64_t size = largest_size(w.runs[axis]); size > 1; size /= 2) lines++;
        memory.open(3 * lines * row);
        double *next = memory.data;
        auto line = [&] {
            Line made = {next, next + row, next + 2 * row, 1};
            next += 3 * row;
            return made;
        };
        base = line();
        across = line();
        while (lines-- > 2) others.push_back(line());
    }

    void all()
    {
        windows.each_row_run([&](ptrdiff_t outer, const Run &deep, const Run &down) {
            EACH(i, down.number)
                for (const Tile &tile : tiles) fold_row(outer, deep, down.part(i, 1), tile);
        });
    }

  private:
    void fold_row(ptrdiff_t outer, const Run &deep, const Run &down, const Tile &tile)
    {
        const int64_t left = tile.pixel;
        Map x = {windows.x.at<char>(outer, deep.start, down.start) + left * channels * sizeof(X),
                 masked ? valid.at<char>(outer, deep.start, down.start) + left * channels : nullptr};
        fold_down(x, deep, down, base, tile.pixels * channels, 0);
        for (const Run &run : tile.runs) {
            Line folded = fold_across(run);
            put(folded, run, windows.outs[0].at<O>(outer, deep.cell, down.cell, tile.cell + run.cell));
        }
    }

    /* T(n) of the definition along depth, then down the map, for every pixel of a row. */
    void fold_down(Map x, Run deep, Run down, Line &out, ptrdiff_t length, size_t level)
    {
        const int axis = down.size > 1 ? 2 : 1;
        Run &run = axis == 2 ? down : deep;
        const ptrdiff_t tap = run.step * windows.x.step[axis],
                        valid_tap = masked ? run.step * valid.step[axis] : 0;
        out.count = static_cast<double>(deep.size * down.size);
        if (run.size <= MOST && (axis == 1 || deep.size == 1))
            return lift_moments(x, run.size, tap, valid_tap, out, length);
        const int64_t half = run.size % 2 ? run.size - 1 : run.size / 2, rest = run.size - half;
        Line first = out, &second = others[level];
        run.size = half;
        fold_down(x, deep, down, first, length, level);
        run.size = rest;
        fold_down(x.from(half * tap, half * valid_tap), deep, down, second, length, level + 1);
        merge_moments(first, second, out, length);
    }

    /* T(n) along a row, at every position from the first window to the last. */
    Line fold_across(const Run &run)
    {
        const ptrdiff_t tap = run.step * channels, n = run.size;
        const Line x = base.from(run.start * channels);
        auto seen = [&](ptrdiff_t size) {
            return ((run.number - 1) * run.stride + 1) * channels + (n - size) * tap;
        };
        if (n == 1)
            return x;
        ptrdiff_t digits = 0;
        while (n >> digits > MOST) digits++;
        ptrdiff_t size = n >> digits;
        merge_taps(x, size, tap, across, seen(size));
        while (digits-- > 0) {
            const ptrdiff_t half = size;
            size = n >> digits;
            across.count = base.count * static_cast<double>(half);
            merge_moments(across, across.from(half * tap), across, seen(2 * half));
            across.count *= 2;
            if (size % 2)
                merge_moments(across, x.from(2 * half * tap), across, seen(size));
        }
        across.count = base.count * static_cast<double>(n);
        return across;
    }

    /* Divide the windows at the stride. */
    void put(Line x, const Run &run, O *out)
    {
        const ptrdiff_t length = run.number * channels;
        Line picked = others[0];
        picked.count = x.count;
        if (run.number > 1 && run.stride != 1) {
            auto pick_cells = [&](const double *from, double *to) {
                pick(from, run.stride * channels, channels, run.number, to, channels);
            };
            pick_cells(x.squares, picked.squares);
            if (masked)
                pick_cells(x.counts, picked.counts);
            x = picked;
        }
        O *values = run.every == 1 ? out : reinterpret_cast<O *>(picked.means);
        finite &= divide_moments(x, root, length, values);
        if (run.every != 1)
            pick(values, channels, channels, run.number, out, run.every * channels);
    }
};

template <class X, class O> bool spread(const Windows &windows, const Array &valid, bool root)
{
    auto run = [&](auto job) {
        Unlocked unlocked;
        job.all();
        return job.finite;
    };
    return valid.is_open() ? run(Spread<X, O, true>(windows, valid, root))
                           : run(Spread<X, O, false>(windows, valid, root));
}

bool spread(PyObject *args)
{
    PyObject *x, *out, *tables, *mask;
    int root;
    if (!PyArg_ParseTuple(args, "OOOpO", &x, &out, &tables, &root, &mask))
        throw Failed();
    Windows windows;
    Array valid;
    windows.open(x, out, tables);
    if (mask != Py_None) {
        valid.open(mask);
        check(valid.type == 'B' && valid.same_shape(windows.x),
              "there must be a byte for each pixel that says whether it counts");
    }
    const int type = windows.x.type, result = windows.outs[0].type;
    check(windows.count == 1 && (type == 'f' || type == 'd') && (result == 'f' || result == 'd'),
          "variances of floats are floats");
    if (windows.is_empty())
        return true;
    if (type == 'f')
        return result == 'f' ? spread<float, float>(windows, valid, root)
                             : spread<float, double>(windows, valid, root);
    return result == 'f' ? spread<double, float>(windows, valid, root)
                         : spread<double, double>(windows, valid, root);
}

/* Whole numbers -------------------------------------------------------------------------------- */

/* (n sum x^2 - (sum x)^2) / n^2, or its root; no step before the division is rounded. */
template <class S, class O>
HOT void deviate_line(const S *totals, const double *squares, const double *counts,
                      ptrdiff_t length, bool root, int rounding, O *out)
{
    auto each = [=](auto finish) {
        ALONG(i, length) {
            double total = totals[i], count = counts[i];
            out[i] = finish((count * squares[i] - total * total) / (count * count));
        }
    };
    if constexpr (std::is_integral_v<O>) {
        auto whole = [](double value) { return static_cast<O>(static_cast<int32_t>(value)); };
        if (rounding == HALF_EVEN)
            each([=](double value) { return whole(std::rint(std::sqrt(value))); });
        else if (rounding == FLOOR)
            each([=](double value) { return whole(std::floor(std::sqrt(value))); });
        else
            each([=](double value) {
                double deviation = std::sqrt(value), down = std::floor(deviation);
                return whole(deviation - down >= 0.5 ? down + 1 : down);
            });
    } else if (root)
        each([](double value) { return static_cast<O>(std::sqrt(value)); });
    else
        each([](double value) { return static_cast<O>(value); });
}

template <class S, class O>
void deviate(const Array &totals, const Array &squares, const Array &out,
             const std::vector<int64_t> *counts, bool root, int rounding)
{
    const ptrdiff_t channels = out.shape[4], length = out.shape[3] * channels;
    Scratch<double> line;
    line.open(length);
    int64_t current = 0;
    EACH(outer, out.shape[0])
        EACH(deep, out.shape[1])
            EACH(down, out.shape[2]) {
                const int64_t factor = counts[0][deep] * counts[1][down];
                if (factor != current)
                    EACH(i, length)
                        line.data[i] = static_cast<double>(factor * counts[2][i / channels]);
                current = factor;
                deviate_line(totals.at<S>(outer, deep, down), squares.at<double>(outer, deep, down),
                             line.data, length, root, rounding, out.at<O>(outer, deep, down));
            }
}

bool deviate(PyObject *args)
{
    PyObject *sums, *others, *result, *vectors[3];
    int root, rounding;
    if (!PyArg_ParseTuple(args, "OOO(OOO)pi", &sums, &others, &result, vectors, vectors + 1,
                          vectors + 2, &root, &rounding))
        throw Failed();
    Array totals, squares, out;
    totals.open(sums);
    squares.open(others);
    out.open(result, PyBUF_WRITABLE);
    check(totals.same_shape(out) && squares.same_shape(out) && squares.type == 'd',
          "there must be a sum and a sum of squares for each cell");
    std::vector<int64_t> counts[3];
    EACH(axis, 3) {
        counts[axis] = numbers_of(vectors[axis]);
        check(counts[axis].size() == static_cast<size_t>(out.shape[axis + 1]),
              "there must be as many counts as cells");
        for (int64_t count : counts[axis])
            check(count > 0 && count < 1 << 20, "a count is out of range");
    }
    bool done = false;
    with_state(totals.type, [&](auto total) {
        with_type(out.type, [&](auto zero) {
            using S = decltype(total);
            using O = decltype(zero);
            constexpr bool sums = std::is_integral_v<S> && (sizeof(S) == 2 || sizeof(S) == 4);
            constexpr bool results =
                std::is_floating_point_v<O> || (std::is_unsigned_v<O> && sizeof(O) <= 2);
            if constexpr (sums && results) {
                check(std::is_floating_point_v<O> || root, "variances are floats");
                Unlocked unlocked;
                deviate<S, O>(totals, squares, out, counts, root, rounding);
                done = true;
            }
        });
    });
    check(done, "no such sums, or no such results");
    return true;
}

} /* namespace */
