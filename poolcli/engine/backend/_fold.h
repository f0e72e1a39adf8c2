/* Folds of windows, and their means. */

namespace {

constexpr ptrdiff_t NEAR = 8192; /* bytes of rows that are worked on together, in the first cache */
constexpr ptrdiff_t PIECE = 4096; /* bytes of a row of a large window that are folded together */
constexpr ptrdiff_t DIRECT = 8;   /* windows of so many strides are folded one by one, down a map */
constexpr ptrdiff_t STRIP = 128;  /* bytes of a row whose overlapping windows are folded together */

/* Whether sums or extremes of X may have the type S: a sum is as wide, if no narrower than 16 bits,
   or twice or four times as wide. */
template <class M, class X, class S> constexpr bool folds()
{
    constexpr bool same = std::is_same_v<X, S>;
    if (std::is_same_v<M, Squares>)
        return std::is_same_v<S, double> && (std::is_floating_point_v<X> || sizeof(X) <= 2);
    if (std::is_same_v<M, Max> || std::is_same_v<M, Min>)
        return same;
    if (std::is_floating_point_v<X> || std::is_floating_point_v<S>)
        return same;
    return std::is_signed_v<X> == std::is_signed_v<S> && sizeof(S) > 1
           && (sizeof(S) == sizeof(X) || sizeof(S) == 2 * sizeof(X)
               || (sizeof(S) == 4 * sizeof(X)));
}

/* The counts that totals are divided by: products of one number for each axis. */
struct Means {
    std::vector<int64_t> counts[3];
    int rounding = HALF_EVEN;
    std::unique_ptr<char[]> memory; /* counts of rows of cells, or their reciprocals */
    int64_t current = 0;            /* what a row was multiplied by */
    bool reciprocal = false, finite = true;

    void open(PyObject *vectors, const Array &out)
    {
        check(PyTuple_Check(vectors) && PyTuple_Size(vectors) == 3, "counts of three axes");
        check(rounding >= HALF_EVEN && rounding <= ROOT, "no such rounding");
        double product = 1;
        EACH(axis, 3) {
            counts[axis] = numbers_of(PyTuple_GetItem(vectors, axis));
            check(counts[axis].size() == static_cast<size_t>(out.shape[axis + 1]),
                  "there must be as many counts as cells");
            int64_t most = 1;
            for (int64_t count : counts[axis]) {
                check(count > 0, "a count is out of range");
                most = std::max(most, count);
            }
            product *= static_cast<double>(most);
        }
        check(product < 4e18, "a count is out of range");
    }

    /* The counts of some rows of cells, or their reciprocals, as numbers F. */
    template <class F> const F *of_rows(int64_t factor, ptrdiff_t channels, ptrdiff_t rows)
    {
        ptrdiff_t length = static_cast<ptrdiff_t>(counts[2].size()) * channels;
        if (!memory)
            memory.reset(new char[static_cast<size_t>(rows * length) * sizeof(F)]);
        F *first = reinterpret_cast<F *>(memory.get());
        if (factor == current)
            return first;
        current = factor;
        auto is_power = [=](int64_t count) { return (count * factor & (count * factor - 1)) == 0; };
        reciprocal = (rounding == HALF_EVEN || rounding == ROOT)
                     && std::all_of(counts[2].begin(), counts[2].end(), is_power);
        EACH(i, length / channels) {
            F count = static_cast<F>(counts[2][i] * factor);
            std::fill_n(first + i * channels, channels, reciprocal ? 1 / count : count);
        }
        EACH(row, rows - 1) std::copy_n(first, length, first + (row + 1) * length);
        return first;
    }
};

/* Some pixels and some cells of a row, and the runs of these. */
struct Tile {
    int64_t pixel, pixels, cell, cells;
    Runs runs;
};

/* A row is worked on in parts where all of it would not stay in the first cache. */
std::vector<Tile> tiles_of(const Runs &runs, ptrdiff_t pixels, ptrdiff_t cells, ptrdiff_t most)
{
    if (pixels <= most
        || std::any_of(runs.begin(), runs.end(), [](auto run) { return run.every > 1; }))
        return {{0, pixels, 0, cells, runs}};
    std::vector<Tile> tiles;
    for (const Run &run : runs) {
        int64_t span = (run.size - 1) * run.step + 1;
        int64_t windows =
            std::max<int64_t>((most - span) / std::max<int64_t>(run.stride, 1), 0) + 1;
        for (int64_t first = 0; first < run.number; first += windows) {
            Run part = run.part(first, windows);
            tiles.push_back({part.start, part.pixels(), part.cell, part.number, {part}});
            tiles.back().runs[0].start = tiles.back().runs[0].cell = 0;
        }
    }
    return tiles;
}

template <class S>
using Divide = bool (*)(const S *, const Lines &, const void *, bool, int, char *);

/* One job: pixels X become states S, which `M` merges. `means` is null where states are the
   result. */
template <class M, class X, class S> class Fold {
    using Again = typename M::Again;
    static constexpr bool lifts = !std::is_same_v<X, S> || !std::is_same_v<M, Again>;

    const Windows &windows;
    Means *means;
    Divide<S> divided = nullptr;
    ptrdiff_t channels, row, cells; /* numbers of a row of pixels, and of cells */
    std::vector<Tile> tiles;
    ptrdiff_t band = 1; /* rows that are folded together, at most */
    Scratch<S> rows, totals, deeper, strip, spare;

    struct Rows {
        const S *first;
        ptrdiff_t apart;
    };

    static bool slides(const Run &run) { return run.number > 1 && run.size > DIRECT * run.stride; }

    /* How many windows of a run down a map are folded together. */
    int64_t band_of(const Run &run) const
    {
        int64_t most = NEAR / (row * static_cast<ptrdiff_t>(sizeof(S)));
        if (slides(run))
            most = 32 + 2 * run.size * run.step / std::max<int64_t>(run.stride, 1);
        return std::min(std::max<int64_t>(most, 1), run.number);
    }

  public:
    Fold(const Windows &w, Means *by) : windows(w), means(by), channels(w.channels())
    {
        ptrdiff_t pixels = 1, levels = 2,
                  most = NEAR / static_cast<ptrdiff_t>(sizeof(S)) / channels;
        for (const Run &run : w.runs[1]) most = slides(run) ? LARGEST : most;
        tiles = tiles_of(w.runs[2], w.x.shape[3], w.outs[0].shape[3], most);
        row = cells = 0;
        for (const Tile &tile : tiles) {
            row = std::max<ptrdiff_t>(row, tile.pixels * channels);
            cells = std::max<ptrdiff_t>(cells, tile.cells * channels);
        }
        for (const Run &run : w.runs[1]) {
            band = std::max<ptrdiff_t>(band, band_of(run));
            pixels = std::max<ptrdiff_t>(pixels, run.part(0, band_of(run)).pixels());
        }
        for (double size = w.largest(); size > 1; size /= 2) levels++;
        ptrdiff_t piece = PIECE / static_cast<ptrdiff_t>(sizeof(S));
        rows.open(band * row);
        spare.open(std::max(row, levels * piece));
        if (means) {
            totals.open(band * cells);
            with_type(w.outs[0].type, [&](auto zero) {
                if constexpr (divides<S, decltype(zero)>())
                    divided = divide<S, decltype(zero)>;
            });
            check(divided, "no such mean of these sums");
        }
        if (largest_size(w.runs[0]) > 1)
            deeper.open(pixels * row);
        if (std::any_of(w.runs[1].begin(), w.runs[1].end(), slides))
            strip.open(pixels * (row + 2 * STRIP));
    }

    void all()
    {
        windows.each_row_run([&](ptrdiff_t outer, const Run &deep, const Run &down) {
            int64_t most = band_of(down);
            for (int64_t first = 0; first < down.number; first += most)
                for (const Tile &tile : tiles) fold_band(outer, deep, down.part(first, most), tile);
        });
    }

  private:
    SEPARATE void fold_band(ptrdiff_t outer, const Run &deep, const Run &down, const Tile &tile)
    {
        const X *x = windows.x.at<X>(outer, deep.start, down.start, tile.pixel);
        const Array &out = windows.outs[0];
        ptrdiff_t length = tile.pixels * channels;
        Rows folded;
        if (deep.size > 1) {
            fold_lines<M>(
                x, deep.size,
                {down.pixels(), windows.x.apart(2), deep.step * windows.x.apart(1), length, row},
                deeper.data);
            folded = fold_down<Again>(deeper.data, row, length, down);
        } else
            folded = fold_down<M>(x, windows.x.apart(2), length, down);
        char *to =
            out.at<char>(outer, deep.cell, down.cell) + tile.cell * channels * out.view.itemsize;
        S *states = means ? totals.data : reinterpret_cast<S *>(to);
        ptrdiff_t next = means ? tile.cells * channels : down.every * out.apart(2);
        for (const Run &run : tile.runs) fold_across(folded, down.number, run, states, next);
        if (means)
            divide_band(deep, down, tile, to);
    }

    /* Fold windows of n lines: T(n), a piece of some of them at a time, as it is read again. */
    template <class Merge, class T>
    SEPARATE void fold_lines(const T *x, ptrdiff_t n, const Lines &at, S *out)
    {
        if (n <= MOST)
            return taps<Merge>(x, n, at, out);
        ptrdiff_t length = std::min(at.length, PIECE / static_cast<ptrdiff_t>(sizeof(S)));
        ptrdiff_t some = std::max<ptrdiff_t>(PIECE / static_cast<ptrdiff_t>(sizeof(S)) / length, 1);
        for (ptrdiff_t first = 0; first < at.count; first += some)
            for (ptrdiff_t from = 0; from < at.length; from += length)
                fold_piece<Merge>(x + first * at.window + from, n,
                                  {std::min(some, at.count - first), at.window, at.tap,
                                   std::min(length, at.length - from), at.next},
                                  out + first * at.next + from, spare.data);
    }

    template <class Merge, class T>
    SEPARATE void fold_piece(const T *x, ptrdiff_t n, const Lines &at, S *out, S *other)
    {
        if (n <= MOST)
            return taps<Merge>(x, n, at, out);
        ptrdiff_t head = n % 2 ? n - 1 : n / 2;
        Lines rest = at;
        rest.next = at.length;
        fold_piece<Merge>(x, head, at, out, other);
        fold_piece<Merge>(x + head * at.tap, n - head, rest, other, other + at.count * at.length);
        EACH(i, at.count)
            merge_lines<Again, S>(out + i * at.next, out + i * at.next, other + i * at.length,
                                  nullptr, at.length);
    }

    /* Fold windows of n taps, `tap` apart, at `count` positions one after another. `work` holds all
       that they see, and may be `out`. */
    SEPARATE void fold_everywhere(const S *x, ptrdiff_t n, ptrdiff_t tap, ptrdiff_t count, S *out,
                                  S *work)
    {
        /* by the binary digits of n, top first; two parts of an extreme may overlap instead */
        constexpr bool overlaps = !std::is_same_v<Again, Add>;
        auto part = [=](ptrdiff_t digits) {
            return overlaps ? (n + (ptrdiff_t(1) << digits) - 1) >> digits : n >> digits;
        };
        ptrdiff_t digits = 0;
        while (part(digits) > MOST) digits++;
        ptrdiff_t size = part(digits);
        taps<Again>(x, size, {1, 0, tap, count + (n - size) * tap, 0}, digits ? work : out);
        while (digits-- > 0) {
            ptrdiff_t half = size;
            size = part(digits);
            const S *odd = !overlaps && size % 2 ? x + 2 * half * tap : nullptr;
            merge_lines<Again>(digits ? work : out, work,
                               work + (overlaps ? size - half : half) * tap, odd,
                               count + (n - size) * tap);
        }
    }

    /* Rows of states: the windows of a run down the map, for every pixel of a row. */
    template <class Merge, class T>
    Rows fold_down(const T *x, ptrdiff_t apart, ptrdiff_t length, const Run &run)
    {
        if constexpr (std::is_same_v<T, S> && std::is_same_v<Merge, Again>)
            if (run.size == 1)
                return {x, run.stride * apart};
        Lines at{run.number, run.stride * apart, run.step * apart, length, row};
        if (slides(run))
            fold_strips<Merge>(x, apart, run);
        else
            fold_lines<Merge>(x, run.size, at, rows.data);
        return {rows.data, row};
    }

    /* The same of windows that overlap: strips of the map are copied to where their rows lie next
       to each other, and there all windows are folded at once. */
    template <class Merge, class T>
    SEPARATE void fold_strips(const T *x, ptrdiff_t apart, const Run &run)
    {
        constexpr ptrdiff_t width = STRIP / static_cast<ptrdiff_t>(sizeof(S));
        ptrdiff_t pixels = run.pixels(), strips = row / width, rest = row % width;
        EACH(i, pixels) {
            const T *line = x + i * apart;
            taps<Merge>(line, 1, {strips, width, 0, width, pixels * width}, strip.data + i * width);
            taps<Merge>(line + strips * width, 1, {1, 0, 0, rest, 0},
                        strip.data + (strips * pixels + i) * width);
        }
        ptrdiff_t count = (run.number - 1) * run.stride + 1;
        S *folded = strip.data + (strips + 1) * pixels * width;
        EACH(i, strips + 1) {
            fold_everywhere(strip.data + i * pixels * width, run.size, run.step * width,
                            count * width, folded, folded);
            taps<Again>(folded, 1,
                        {run.number, run.stride * width, 0, i < strips ? width : rest, row},
                        rows.data + i * width);
        }
    }

    /* The windows of a run along some rows of states. */
    SEPARATE void fold_across(Rows from, ptrdiff_t count, const Run &run, S *out, ptrdiff_t next)
    {
        const S *x = from.first + run.start * channels;
        Lines at{count, from.apart, run.step * channels, run.number * channels, next};
        bool flat = run.number == 1 || (run.stride == 1 && run.every == 1);
        out += run.cell * channels;
        if (flat && run.size <= MOST)
            return taps<Again>(x, run.size, at, out);
        if (channels * run.step * run.every == 1 && run.stride == 2
            && (run.size == 2 || run.size == 3))
            return pairs<Again>(x, run.size, at, out);
        if (channels * run.step * run.every == 1 && run.stride == 4 && run.size == 4) {
            for (; count > 0; count--, x += from.apart, out += next) {
                pairs<Again>(x, 2, {1, 0, 0, 2 * run.number, 0}, spare.data);
                pairs<Again>(spare.data, 2, {1, 0, 0, run.number, 0}, out);
            }
            return;
        }
        ptrdiff_t positions = ((run.number - 1) * run.stride + 1) * channels;
        for (; count > 0; count--, x += from.apart, out += next) {
            const S *all = run.size == 1 ? x : flat ? out : spare.data;
            if (run.size > 1)
                fold_everywhere(x, run.size, at.tap, positions, flat ? out : spare.data,
                                spare.data);
            if (!flat)
                pick(all, run.stride * channels, channels, run.number, out, run.every * channels);
        }
    }

    /* Divide the totals of some rows, those with the same counts together. */
    void divide_band(const Run &deep, const Run &down, const Tile &tile, char *to)
    {
        const Array &out = windows.outs[0];
        const auto &tall = means->counts[1];
        int64_t factor = means->counts[0][deep.cell];
        ptrdiff_t next = down.every * out.step[2], length = tile.cells * channels;
        for (int64_t top = 0, bottom; top < down.number; top = bottom) {
            int64_t count = tall[down.cell + top * down.every];
            for (bottom = top + 1; bottom < down.number; bottom++)
                if (tall[down.cell + bottom * down.every] != count)
                    break;
            const char *by = nullptr;
            with_type(out.type, [&](auto zero) {
                using F = Divided<S, decltype(zero)>;
                by = reinterpret_cast<const char *>(
                    means->of_rows<F>(factor * count, channels, tiles.size() > 1 ? 1 : band)
                    + tile.cell * channels);
            });
            means->finite &=
                divided(totals.data + top * length,
                        Lines{bottom - top, length, 0, length, down.every * out.apart(2)}.joined(),
                        by, means->reciprocal, means->rounding, to + top * next);
        }
    }
};

template <class M, class X, class Work> void with_fold_of(int state, Work work)
{
    with_state(state, [&](auto zero) {
        if constexpr (folds<M, X, decltype(zero)>())
            work(M(), X(), zero);
    });
}

/* Call `work` with a merge, a pixel and a state, if pixels of a type are folded so. */
template <class Work> void with_fold(int merge, int type, int state, Work work)
{
    with_type(type, [&](auto zero) {
        using X = decltype(zero);
        switch (merge) {
        case MAX: return with_fold_of<Max, X>(state, work);
        case MIN: return with_fold_of<Min, X>(state, work);
        case ADD: return with_fold_of<Add, X>(state, work);
        case SQUARES: return with_fold_of<Squares, X>(state, work);
        }
    });
}

bool fold(PyObject *args)
{
    PyObject *x, *out, *tables, *counts = Py_None;
    int merge, letter, rounding = HALF_EVEN;
    if (!PyArg_ParseTuple(args, "OOOiC|Oi", &x, &out, &tables, &merge, &letter, &counts, &rounding))
        throw Failed();
    const char format[] = {static_cast<char>(letter), 0};
    Windows windows;
    Means means;
    windows.open(x, out, tables);
    means.rounding = rounding;
    if (counts != Py_None)
        means.open(counts, windows.outs[0]);
    bool found = false;
    with_fold(merge, windows.x.type, type_of(format), [&](auto m, auto pixel, auto state) {
        found = true;
        check(counts == Py_None ? windows.outs[0].type == type_of(format) : merge >= ADD,
              "the result must be of the type of states, and a mean is that of a sum");
        if (windows.is_empty())
            return;
        Fold<decltype(m), decltype(pixel), decltype(state)> job(
            windows, counts == Py_None ? nullptr : &means);
        Unlocked unlocked;
        job.all();
    });
    check(found, "no such merge of these types");
    return means.finite;
}

/* Whether pixels of a type are folded to such states, and these divided to such means. */
PyObject *can_fold(PyObject *, PyObject *args)
{
    int merge, type, state, mean = 0;
    if (!PyArg_ParseTuple(args, "iCC|C", &merge, &type, &state, &mean))
        return nullptr;
    const char formats[][2] = {{char(type), 0}, {char(state), 0}, {char(mean), 0}};
    bool found = false;
    try {
        with_fold(merge, type_of(formats[0]), type_of(formats[1]), [&](auto, auto, auto zero) {
            found = !mean;
            if (mean)
                with_type(type_of(formats[2]),
                          [&](auto one) { found = divides<decltype(zero), decltype(one)>(); });
        });
    } catch (const Failed &) {
        PyErr_Clear();
    }
    return PyBool_FromLong(found);
}

} /* namespace */
