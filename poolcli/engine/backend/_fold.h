/* Folds of windows, and their means. */

namespace {

/* Bytes of the states of rows that are worked on together, so few that memory is read while the rows
   before are folded: with 16384, maxima of 3 x 3 took 1.6 times as long. */
constexpr ptrdiff_t NEAR = 3072;
/* Bytes of the pixels and states of one row: longer rows are cut, though memory is read more slowly
   then. */
constexpr ptrdiff_t PIXELS = 12288, STATES = 32768;
/* Windows of four along a row that are folded together, again so few: 4096 took 1.3 times as long. */
constexpr ptrdiff_t PAIRS = 128;
constexpr ptrdiff_t DIRECT = 8;  /* windows of so many strides are folded one by one, down a map */

/* The inner loops of a merge of pixels to states. */
struct Loops {
    ptrdiff_t pixel = 0, state = 0; /* bytes; none where there is no such merge */
    bool lifts, overlaps; /* pixels are no states yet; parts of a window may overlap */
    void (*lift)(const char *, ptrdiff_t, const Lines &, char *); /* windows of pixels */
    void (*taps)(const char *, ptrdiff_t, const Lines &, char *); /* windows of states */
    void (*pairs)(const char *, ptrdiff_t, const Lines &, char *);
    void (*merge)(char *, const char *, const char *, const char *, ptrdiff_t);
    void (*slide)(const char *, ptrdiff_t, ptrdiff_t, char *);
    FoldSmall small = nullptr; /* windows of a few pixels, which are divided as well */
    FoldLarge large = nullptr; /* large windows that slide, which are divided as well */

    /* Sums of integers are unsigned; the sign of pixels matters where they become wider. */
    template <class M, class X, class S> static Loops of()
    {
        using Again = typename M::Again;
        constexpr bool whole = std::is_same_v<M, Add> && std::is_integral_v<S>;
        using State = typename Unsigned<S, whole>::type;
        using Pixel = typename Unsigned<X, whole && sizeof(X) == sizeof(S)>::type;
        constexpr bool same = std::is_same_v<Pixel, State> && std::is_same_v<M, Again>;
        return {sizeof(X),
                sizeof(S),
                !same,
                !std::is_same_v<Again, Add>,
                fold_windows<M, Pixel, State>,
                fold_windows<Again, State, State>,
                fold_pairs<Again, State>,
                merge_lines<Again, State>,
                slide_down<Again, State>,
                fold_small_of<M, X, S>(),
                fold_large_of<M, X, S>()};
    }
};

/* Whether sums or extremes of X may have the type S: a sum is as wide, if no narrower than 16 bits,
   or twice or four times as wide. */
template <class M, class X, class S> constexpr bool folds()
{
    constexpr bool same = std::is_same_v<X, S>;
    if (!std::is_same_v<M, typename M::Again>)
        return std::is_same_v<S, double> && (std::is_floating_point_v<X> || sizeof(X) <= 2);
    if (std::is_same_v<M, Max> || std::is_same_v<M, Min>)
        return same;
    if (std::is_floating_point_v<X> || std::is_floating_point_v<S>)
        return same;
    return std::is_signed_v<X> == std::is_signed_v<S> && sizeof(S) > 1
           && (sizeof(S) == sizeof(X) || sizeof(S) == 2 * sizeof(X)
               || (sizeof(S) == 4 * sizeof(X)));
}

template <class M> Loops loops_of(int type, int state)
{
    Loops loops;
    with_type(type, [&](auto pixel) {
        using X = decltype(pixel);
        with_state(state, [&](auto zero) {
            using S = decltype(zero);
            if constexpr (folds<M, X, S>())
                loops = Loops::of<M, X, S>();
        });
    });
    return loops;
}

Loops loops_of(int merge, int type, int state)
{
    switch (merge) {
    case MAX: return loops_of<Max>(type, state);
    case MIN: return loops_of<Min>(type, state);
    case ADD: return loops_of<Add>(type, state);
    case SQUARES: return loops_of<Power<2, false>>(type, state);
    case CUBES: return loops_of<Power<3, false>>(type, state);
    case CUBES_ABOVE: return loops_of<Power<3, true>>(type, state);
    }
    return {};
}

/* How totals are divided, and whether counts are float64; no function where they are not. */
struct Division {
    bool (*divide)(const char *, const Lines &, const void *, bool, int, char *) = nullptr;
    bool doubles = false;
};

Division division_of(int state, int mean)
{
    Division division;
    with_state(state, [&](auto total) {
        using S = decltype(total);
        with_type(mean, [&](auto zero) {
            using O = decltype(zero);
            if constexpr (divides<S, O>())
                division = {divide<S, O>, std::is_same_v<Divided<S, O>, double>};
        });
    });
    return division;
}

/* The counts that totals are divided by: products of one number for each axis. */
struct Means {
    Division division;
    std::vector<int64_t> counts[3];
    int rounding = HALF_EVEN;
    std::unique_ptr<double[]> memory; /* counts of rows of cells, or their reciprocals */
    int64_t current = 0;              /* what a row was multiplied by */
    bool reciprocal = false, finite = true;
    Product product;     /* instead of a row of counts, for the cells from one up to another */
    ptrdiff_t same_from = 0, same_to = 0;
    double most = 1e300; /* of sums of 16 bits whose means are bytes */

    void open(PyObject *vectors, const Windows &w, int state)
    {
        const Array &out = w.outs[0];
        if (w.x.type == 'B' && state == 'H' && out.type == 'B')
            most = 255 * w.largest();
        check(PyTuple_Check(vectors) && PyTuple_Size(vectors) == 3, "counts of three axes");
        check(rounding >= HALF_EVEN && rounding <= ROOT, "no such rounding");
        division = division_of(state, out.type);
        check(division.divide, "no such mean of these sums");
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

    /* The count of a cell down one plane, or down several that are one now. */
    int64_t count_down(int64_t cell) const
    {
        auto cells = static_cast<int64_t>(counts[1].size());
        return counts[1][cell < cells ? cell : cell % cells];
    }

    /* Whether sums of bytes of at most 16 bits become bytes. */
    bool of_bytes() const { return most < 1e300; }

    /* Call `work(top, bottom, counts)` for rows of a run with the same counts: see `of_rows`. */
    template <class Work> void each_count(const Run &deep, const Run &down, ptrdiff_t cell,
                                          ptrdiff_t channels, ptrdiff_t rows, Work work)
    {
        for (int64_t top = 0, bottom; top < down.number; top = bottom) {
            int64_t count = count_down(down.cell + top * down.every);
            for (bottom = top + 1; bottom < down.number; bottom++)
                if (count_down(down.cell + bottom * down.every) != count)
                    break;
            work(top, bottom, of_rows(counts[0][deep.cell] * count, cell, channels, rows));
        }
    }

    /* Whether all cells of a row are divided by the product. */
    bool has_product() const
    {
        return product.shift >= 0 && same_from == 0 && same_to == ptrdiff_t(counts[2].size());
    }

    /* Whether the cells of a run have the same count. */
    bool is_even(const Run &run) const
    {
        auto first = counts[2].begin() + run.cell;
        return std::all_of(first, first + run.number,
                           [=](int64_t count) { return count == *first; });
    }

    /* The counts of some rows of cells from one cell on, or their reciprocals. */
    const void *of_rows(int64_t factor, ptrdiff_t cell, ptrdiff_t channels, ptrdiff_t rows)
    {
        return division.doubles ? row_of<double>(factor, cell, channels, rows)
                                : row_of<float>(factor, cell, channels, rows);
    }

  private:
    template <class F>
    const void *row_of(int64_t factor, ptrdiff_t cell, ptrdiff_t channels, ptrdiff_t rows)
    {
        ptrdiff_t length = static_cast<ptrdiff_t>(counts[2].size()) * channels;
        if (!memory)
            memory.reset(new double[static_cast<size_t>(rows * length)]);
        F *first = reinterpret_cast<F *>(memory.get());
        if (factor == current)
            return first + cell * channels;
        current = factor;
        auto is_power = [=](int64_t count) { return (count * factor & (count * factor - 1)) == 0; };
        const int64_t middle = counts[2][counts[2].size() / 2];
        auto is_middle = [=](int64_t count) { return count == middle; };
        auto begin = std::find(counts[2].begin(), counts[2].end(), middle);
        auto end = std::find(counts[2].rbegin(), counts[2].rend(), middle).base();
        product = Product(std::all_of(begin, end, is_middle) ? middle * factor : 0, most, rounding);
        same_from = begin - counts[2].begin();
        same_to = end - counts[2].begin();
        reciprocal = (rounding == HALF_EVEN || rounding == ROOT)
                     && std::all_of(counts[2].begin(), counts[2].end(), is_power);
        EACH(i, length / channels) {
            F count = static_cast<F>(counts[2][i] * factor);
            std::fill_n(first + i * channels, channels, reciprocal ? 1 / count : count);
        }
        EACH(row, rows - 1) std::copy_n(first, length, first + (row + 1) * length);
        return first + cell * channels;
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
        || std::any_of(runs.begin(), runs.end(), [](auto run) { return run.every > 1; })) {
        Tile all = {0, pixels, 0, cells, runs};
        /* the longest run first, which may write cells of the others: see `fold_across` */
        std::stable_sort(all.runs.begin(), all.runs.end(),
                         [](auto &a, auto &b) { return a.number > b.number; });
        return {all};
    }
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

/* One job: pixels become states. `means` is null where states are the result. */
class Fold {
    const Windows &windows;
    const Loops loops;
    Means *means;
    const bool is_deep; /* windows of several rows of depth, which become rows of states first */
    ptrdiff_t channels, row = 0, cells = 0; /* numbers of a row of pixels, and of cells */
    std::vector<Tile> tiles;
    ptrdiff_t band = 1; /* rows that are folded together, at most */
    Scratch<char> rows, totals, deeper, strip, spare;

    struct Rows {
        const char *first;
        ptrdiff_t apart;
    };

    static bool slides(const Run &run) { return run.number > 1 && run.size > DIRECT * run.stride; }

    /* How many windows of a run down a map are folded together: about equal bands. */
    int64_t band_of(const Run &run) const
    {
        int64_t stride = std::max<int64_t>(run.stride, 1);
        int64_t most = NEAR / (row * loops.state * (is_deep ? stride : 1));
        if (slides(run))
            most = 32 + 2 * run.size * run.step / stride;
        most = std::min(std::max<int64_t>(most, 1), run.number);
        int64_t bands = (run.number + most - 1) / most;
        return (run.number + bands - 1) / bands;
    }

  public:
    Fold(const Windows &w, const Loops &of, Means *by)
        : windows(w), loops(of), means(by), is_deep(largest_size(w.runs[0]) > 1),
          channels(w.channels())
    {
        ptrdiff_t pixels = 1,
                  most = std::min(PIXELS / loops.pixel, STATES / loops.state) / channels;
        for (const Run &run : w.runs[1]) most = slides(run) ? LARGEST : most;
        tiles = tiles_of(w.runs[2], w.x.shape[3], w.outs[0].shape[3], most);
        for (const Tile &tile : tiles) {
            row = std::max<ptrdiff_t>(row, tile.pixels * channels);
            cells = std::max<ptrdiff_t>(cells, tile.cells * channels);
        }
        for (const Run &run : w.runs[1]) {
            band = std::max<ptrdiff_t>(band, band_of(run));
            pixels = std::max<ptrdiff_t>(pixels, run.part(0, band_of(run)).pixels());
        }
        rows.open(band * row * loops.state);
        spare.open(band * row * loops.state);
        totals.open(means ? band * cells * loops.state : 0);
        deeper.open(is_deep ? pixels * row * loops.state : 0);
        if (std::any_of(w.runs[1].begin(), w.runs[1].end(), slides))
            strip.open(pixels * (row * loops.state + 2 * STRIP));
    }

    void all()
    {
        windows.each_row_run([&](ptrdiff_t outer, const Run &deep, const Run &down) {
            int64_t most = averages_four(deep, down, tiles[0]) ? down.number : band_of(down);
            for (int64_t first = 0; first < down.number; first += most)
                for (const Tile &tile : tiles) fold_band(outer, deep, down.part(first, most), tile);
        });
    }

  private:
    void fold_band(ptrdiff_t outer, const Run &deep, const Run &down, const Tile &tile)
    {
        const Array &x = windows.x, &out = windows.outs[0];
        const char *pixels =
            x.at<char>(outer, deep.start, down.start) + tile.pixel * channels * loops.pixel;
        ptrdiff_t length = tile.pixels * channels, pitch = row * loops.state;
        char *to =
            out.at<char>(outer, deep.cell, down.cell) + tile.cell * channels * out.view.itemsize;
        if (averages_four(deep, down, tile))
            return average_four(pixels, down, tile.runs[0], to);
        Rows folded;
        if (deep.size > 1) {
            Lines lines{down.pixels(), x.step[2], deep.step * x.step[1], length, pitch};
            loops.lift(pixels, deep.size, lines, deeper.data);
            folded = fold_down(loops.taps, deeper.data, pitch, length, down);
        } else
            folded = fold_down(loops.lift, pixels, x.step[2], length, down);
        ptrdiff_t next = means ? tile.cells * channels * loops.state : down.every * out.step[2];
        for (const Run &run : tile.runs)
            fold_across(folded, down.number, run, means ? totals.data : to, next,
                        tile.cells * channels * loops.state == next && 2 * run.number > tile.cells);
        if (means)
            divide_band(deep, down, tile, to);
    }

    /* Whether means of 2 x 2 bytes are made in one pass: all are a quarter of a sum. */
    bool averages_four(const Run &deep, const Run &down, const Tile &tile) const
    {
        const Run &across = tile.runs[0];
        if (!has_wide() || !means || !means->of_bytes() || tile.runs.size() > 1 || deep.size > 1
            || down.size != 2 || across.size != 2 || across.stride != 2 || across.step != 1
            || across.every != 1 || channels > MOST)
            return false;
        int64_t count = means->count_down(down.cell);
        EACH(i, down.number)
            if (means->count_down(down.cell + i * down.every) != count)
                return false;
        means->of_rows(means->counts[0][deep.cell] * count, tile.cell, channels,
                       tiles.size() > 1 ? 1 : band);
        return means->has_product() && means->product.is_quarter();
    }

    void average_four(const char *x, const Run &down, const Run &across, char *to)
    {
        ptrdiff_t apart = windows.x.step[2], next = down.every * windows.outs[0].step[2];
        mean_of_four(x + across.start * channels,
                     {channels, down.number, across.number * channels, means->product.even != 0,
                      down.step * apart, down.stride * apart, next},
                     to + across.cell * channels);
    }

    /* Fold windows of n > 1 numbers, `tap` bytes apart, at `count` positions one after another.
       `work` holds all that they see, and may be `out`. */
    void fold_everywhere(const char *x, ptrdiff_t n, ptrdiff_t tap, ptrdiff_t count, char *out,
                         char *work) const
    {
        /* by the binary digits of n, top first; two parts of an extreme may overlap instead */
        auto part = [=](ptrdiff_t digits) {
            return loops.overlaps ? (n + (ptrdiff_t(1) << digits) - 1) >> digits : n >> digits;
        };
        auto seen = [=](ptrdiff_t size) { return count + (n - size) * tap / loops.state; };
        ptrdiff_t digits = 0;
        while (part(digits) > MOST) digits++;
        ptrdiff_t size = part(digits);
        loops.taps(x, size, {1, 0, tap, seen(size), 0}, digits ? work : out);
        while (digits-- > 0) {
            ptrdiff_t half = size;
            size = part(digits);
            const char *odd = !loops.overlaps && size % 2 ? x + 2 * half * tap : nullptr;
            loops.merge(digits ? work : out, work,
                        work + (loops.overlaps ? size - half : half) * tap, odd, seen(size));
        }
    }

    /* Rows of states: the windows of a run down the map, for every pixel of a row. */
    Rows fold_down(decltype(Loops::taps) taps, const char *x, ptrdiff_t apart, ptrdiff_t length,
                   const Run &run)
    {
        ptrdiff_t pitch = row * loops.state;
        if (run.size == 1 && (taps == loops.taps || !loops.lifts))
            return {x, run.stride * apart};
        if (slides(run))
            fold_strips(taps, x, apart, length, run);
        else
            taps(x, run.size, {run.number, run.stride * apart, run.step * apart, length, pitch},
                 rows.data);
        return {rows.data, pitch};
    }

    /* The same of windows that overlap: strips of the map are copied to where their rows lie next
       to each other, and there all windows are folded at once. */
    void fold_strips(decltype(Loops::taps) taps, const char *x, ptrdiff_t apart, ptrdiff_t length,
                     const Run &run)
    {
        ptrdiff_t width = STRIP / loops.state, pixels = run.pixels(), strips = length / width,
                  rest = length % width, count = (run.number - 1) * run.stride + 1;
        copy_strips(taps, x, apart, length, pixels);
        char *folded = strip.data + (strips + 1) * pixels * STRIP;
        EACH(i, strips + 1) {
            const char *from = strip.data + i * pixels * STRIP;
            if (loops.overlaps && run.step == 1)
                loops.slide(from, run.size, count, folded);
            else
                fold_everywhere(from, run.size, run.step * STRIP, count * width, folded, folded);
            copy(folded, run.stride * STRIP, run.number, i < strips ? STRIP : rest * loops.state,
                 rows.data + i * STRIP, row * loops.state);
        }
    }

    void copy_strips(decltype(Loops::taps) taps, const char *x, ptrdiff_t apart, ptrdiff_t length,
                     ptrdiff_t pixels)
    {
        ptrdiff_t width = STRIP / loops.state, strips = length / width, rest = length % width,
                  item = taps == loops.taps ? loops.state : loops.pixel;
        const bool are_states = taps == loops.taps || !loops.lifts;
        EACH(i, pixels) {
            const char *line = x + i * apart, *end = line + strips * width * item;
            char *to = strip.data + i * STRIP;
            if (are_states)
                copy(line, STRIP, strips, STRIP, to, pixels * STRIP);
            else
                taps(line, 1, {strips, width * item, 0, width, pixels * STRIP}, to);
            taps(end, 1, {1, 0, 0, rest, 0}, to + strips * pixels * STRIP);
        }
    }

    /* Copy some lines; most are of STRIP bytes, for which compilers have a few moves. */
    static void copy(const char *from, ptrdiff_t apart, ptrdiff_t count, ptrdiff_t bytes, char *to,
                     ptrdiff_t next)
    {
        for (; count > 0; count--, from += apart, to += next)
            if (bytes == STRIP)
                std::memcpy(to, from, STRIP);
            else
                std::memcpy(to, from, static_cast<size_t>(bytes));
    }

    /* The windows of a run along some rows of states. If these go on from row to row at their
       stride, all rows are one: what a window over the end of a row gives goes to a cell of another
       run, which is folded later. */
    void fold_across(Rows from, ptrdiff_t count, Run run, char *out, ptrdiff_t next, bool is_most)
    {
        ptrdiff_t pixel = channels * loops.state, tap = run.step * pixel;
        const char *x = from.first + run.start * pixel;
        out += run.cell * pixel;
        if (run.number == 1 && next > 0 && from.apart > 0)
            run.stride = from.apart / next;
        bool is_next = from.apart == run.stride * next && from.apart <= row * loops.state;
        if (is_most && run.every == 1 && is_next) { /* `spare` holds a row for each */
            run.number += (count - 1) * (next / pixel);
            count = 1;
        }
        bool flat = run.number == 1 || (run.stride == 1 && run.every == 1);
        if (flat && run.size <= MOST)
            return loops.taps(x, run.size, {count, from.apart, tap, run.number * channels, next},
                              out);
        bool side_by_side = channels * run.step * run.every == 1;
        if (side_by_side && run.stride == 2 && (run.size == 2 || run.size == 3))
            return loops.pairs(x, run.size, {count, from.apart, 0, run.number, next}, out);
        for (; count > 0; count--, x += from.apart, out += next) {
            if (side_by_side && run.stride == 4 && run.size == 4) {
                for (ptrdiff_t at = 0; at < run.number; at += PAIRS) {
                    ptrdiff_t some = std::min<ptrdiff_t>(run.number - at, PAIRS);
                    loops.pairs(x + 4 * at * loops.state, 2, {1, 0, 0, 2 * some, 0}, spare.data);
                    loops.pairs(spare.data, 2, {1, 0, 0, some, 0}, out + at * loops.state);
                }
                continue;
            }
            ptrdiff_t positions = ((run.number - 1) * run.stride + 1) * channels;
            if (run.size > 1)
                fold_everywhere(x, run.size, tap, positions, flat ? out : spare.data, spare.data);
            if (!flat)
                pick(loops.state, run.size == 1 ? x : spare.data, run.stride * channels, channels,
                     run.number, out, run.every * channels);
        }
    }

    /* Divide the totals of some rows, those with the same counts together. */
    void divide_band(const Run &deep, const Run &down, const Tile &tile, char *to)
    {
        const ptrdiff_t next = down.every * windows.outs[0].step[2],
                        length = tile.cells * channels, item = windows.outs[0].view.itemsize,
                        number = means->division.doubles ? sizeof(double) : sizeof(float);
        auto divide = [&](ptrdiff_t top, ptrdiff_t bottom, const void *by) {
            auto divide_cells = [&](ptrdiff_t first, ptrdiff_t end, bool same) {
                Lines lines{bottom - top, length * loops.state, 0, (end - first) * channels, next};
                if (end - first == tile.cells && next == length * item && tiles.size() == 1)
                    lines = {1, 0, 0, lines.count * length, 0}; /* one long line */
                const char *sums = totals.data + (top * length + first * channels) * loops.state;
                char *out = to + top * next + first * channels * item;
                const char *numbers = static_cast<const char *>(by) + first * channels * number;
                if (same)
                    divide_by(means->product, sums, lines, out);
                else
                    means->finite &= means->division.divide(sums, lines, numbers, means->reciprocal,
                                                            means->rounding, out);
            };
            if (means->product.shift < 0)
                return divide_cells(0, tile.cells, false);
            auto cell = [&](ptrdiff_t of_row) {
                return std::clamp<ptrdiff_t>(of_row - tile.cell, 0, tile.cells);
            };
            const ptrdiff_t first = cell(means->same_from), end = cell(means->same_to);
            if (first > 0)
                divide_cells(0, first, false);
            if (first < end)
                divide_cells(first, end, true);
            if (end < tile.cells)
                divide_cells(std::max(first, end), tile.cells, false);
        };
        means->each_count(deep, down, tile.cell, channels, tiles.size() > 1 ? 1 : band, divide);
    }
};

/* The same for windows of a few pixels, if `fits`: those of a row are one run and a few edges. */
class SmallFold {
    const Windows &windows;
    const FoldSmall fold;
    Means *means;
    Runs across; /* the longest first */
    Scratch<char> line;

  public:
    SmallFold(const Windows &w, FoldSmall by, Means *over)
        : windows(w), fold(by), means(over), across(w.runs[2])
    {
        std::stable_sort(across.begin(), across.end(),
                         [](auto &a, auto &b) { return a.number > b.number; });
    }

    bool fits() const
    {
        if (!fold || row_bytes() > SMALL || across.size() > EDGES + 1)
            return false;
        if (means && (windows.outs[0].type != windows.x.type || !means->is_even(across[0])))
            return false;
        for (const Run &deep : windows.runs[0])
            for (const Run &down : windows.runs[1])
                if (deep.size * down.size > MOST
                    || (deep.size > 1 && down.size > 1 && deep.size != down.size))
                    return false;
        const Run &all = across[0];
        return all.number >= VECTOR && all.every == 1 && is_small(all.size, all.stride)
               && (all.stride == 1 || windows.channels() * all.step == 1)
               && std::all_of(across.begin() + 1, across.end(), [](const Run &edge) {
                      return edge.number == 1 && edge.size <= MOST;
                  });
    }

    void all()
    {
        const Array &x = windows.x, &out = windows.outs[0];
        line.open(row_bytes());
        windows.each_row_run([&](ptrdiff_t outer, const Run &deep, const Run &down) {
            Small rows = rows_of(deep, down);
            const char *first = x.at<char>(outer, deep.start, down.start);
            char *to = out.at<char>(outer, deep.cell, down.cell);
            auto divided = [&](ptrdiff_t top, ptrdiff_t bottom, const void *by) {
                rows.count = bottom - top;
                means->finite &= fold(first + top * rows.window, rows,
                                      means->reciprocal ? TIMES : OVER, by, to + top * rows.next);
            };
            if (means)
                means->each_count(deep, down, 0, windows.channels(), 1, divided);
            else
                fold(first, rows, KEEP, nullptr, to);
        });
    }

  private:
    ptrdiff_t pixels() const { return windows.x.shape[3] * windows.channels(); }
    ptrdiff_t row_bytes() const { return pixels() * windows.x.view.itemsize; }

    /* The rows of windows of a run down the map. */
    Small rows_of(const Run &deep, const Run &down) const
    {
        const ptrdiff_t *step = windows.x.step;
        Small rows{};
        rows.rows = deep.size * down.size;
        EACH(i, rows.rows)
            rows.row[i] = i % deep.size * deep.step * step[1] + i / deep.size * down.step * step[2];
        rows.pixels = pixels();
        rows.count = down.number;
        rows.window = down.stride * step[2];
        rows.next = down.every * windows.outs[0].step[2];
        rows.all = along(across[0]);
        rows.edges = static_cast<ptrdiff_t>(across.size()) - 1;
        EACH(i, rows.edges) rows.edge[i] = along(across[i + 1]);
        rows.line = line.data;
        rows.past = across[0].stride > 1
                    && windows.x.view.len + windows.outs[0].view.len >= UNCACHED;
        return rows;
    }

    Small::Across along(const Run &run) const
    {
        ptrdiff_t channels = windows.channels();
        return {run.start * channels, run.size, run.step * channels, run.cell * channels,
                run.number * channels, run.stride};
    }
};

/* The same for large windows that move by one pixel, if `fits`. */
class LargeFold {
    const Windows &windows;
    const FoldLarge fold;
    Means *means;
    const Run &down, &across;

  public:
    LargeFold(const Windows &w, FoldLarge by, Means *over)
        : windows(w), fold(by), means(over), down(w.runs[1][0]), across(w.runs[2][0])
    {
    }

    bool fits() const
    {
        if (!fold || windows.runs[1].size() > 1 || windows.runs[2].size() > 1
            || windows.channels() > 1 || largest_size(windows.runs[0]) > 1)
            return false;
        auto slides = [](const Run &run) {
            return run.number >= LANES && run.stride == 1 && run.step == 1 && run.every == 1
                   && is_large(run.size);
        };
        return slides(down) && slides(across)
               && (!means || (windows.outs[0].type == windows.x.type && have_same_count()));
    }

    void all()
    {
        Scratch<float> strips, turned;
        Large at = {down.size, across.size, down.number, across.number, windows.x.step[2],
                    windows.outs[0].step[2], 0, nullptr, nullptr};
        const ptrdiff_t most = at.strips_of(std::min(at.columns, COLUMNS));
        strips.open(most * at.strip() + LANES * LANES);
        turned.open(most * (BAND + LANES) * LANES);
        at.strips = strips.data;
        at.turned = turned.data;
        windows.each_row_run([&](ptrdiff_t outer, const Run &deep, const Run &) {
            if (means)
                at.divisor = static_cast<float>(means->counts[0][deep.cell] * means->counts[1][0]
                                                * means->counts[2][0]);
            float *x = windows.x.at<float>(outer, deep.start, down.start, across.start),
                  *out = windows.outs[0].at<float>(outer, deep.cell, down.cell, across.cell);
            bool finite = fold(reinterpret_cast<char *>(x), at, reinterpret_cast<char *>(out));
            if (means)
                means->finite &= finite;
        });
    }

  private:
    bool have_same_count() const
    {
        auto same = [](const std::vector<int64_t> &counts) {
            return std::all_of(counts.begin(), counts.end(),
                               [&](int64_t count) { return count == counts[0]; });
        };
        return same(means->counts[1]) && same(means->counts[2]);
    }
};

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
    int state = type_of(format);
    Loops loops = loops_of(merge, windows.x.type, state);
    check(loops.state, "no such merge of these types");
    check(counts == Py_None ? windows.outs[0].type == state
                            : merge == SQUARES || (merge == ADD && rounding != ROOT),
          "the result must be of the type of states, and a mean is that of a sum");
    if (counts != Py_None)
        means.open(counts, windows, state);
    if (windows.is_empty())
        return true;
    Means *over = counts == Py_None ? nullptr : &means;
    windows.join_planes();
    SmallFold small(windows, loops.small, over);
    if (small.fits()) {
        Unlocked unlocked;
        small.all();
    } else if (LargeFold large(windows, loops.large, over); large.fits()) {
        Unlocked unlocked;
        large.all();
    } else {
        Fold job(windows, loops, over);
        Unlocked unlocked;
        job.all();
    }
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
        int total = type_of(formats[1]);
        found = loops_of(merge, type_of(formats[0]), total).state > 0
                && (!mean || division_of(total, type_of(formats[2])).divide);
    } catch (const Failed &) {
        PyErr_Clear();
    }
    return PyBool_FromLong(found);
}

} /* namespace */
