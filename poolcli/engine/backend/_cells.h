/* Cells whose windows have numbers of their own: totals over a count for each cell, and sums with a
   weight for each tap. */

namespace {

/* Lines of counts as numbers that totals are divided by; 1 for a window without a pixel. */
template <class F> HOT void counts_of(const uint32_t *counts, ptrdiff_t length, F *out)
{
    ALONG(i, length)
        out[i] = counts[i] ? static_cast<F>(static_cast<int32_t>(counts[i])) : F(1);
}

bool divide_cells(PyObject *args)
{
    PyObject *sums, *numbers_of_pixels, *result;
    int rounding;
    if (!PyArg_ParseTuple(args, "OOOi", &sums, &numbers_of_pixels, &result, &rounding))
        throw Failed();
    Array totals, counts, out;
    totals.open(sums);
    counts.open(numbers_of_pixels);
    out.open(result, PyBUF_WRITABLE);
    check(totals.same_shape(out) && counts.same_shape(out) && counts.type == 'I',
          "there must be a sum and a 32-bit count for each cell");
    check(rounding >= HALF_EVEN && rounding < ROOT + (totals.type == 'd'), "no such rounding");
    const Division division = division_of(totals.type, out.type);
    check(division.divide, "no such mean of these sums");
    const ptrdiff_t length = out.shape[3] * out.shape[4];
    Scratch<double> line;
    line.open(length);
    float *floats = reinterpret_cast<float *>(line.data);
    bool finite = true;
    Unlocked unlocked;
    EACH(outer, out.shape[0])
        EACH(deep, out.shape[1])
            EACH(down, out.shape[2]) {
                const uint32_t *row = counts.at<uint32_t>(outer, deep, down);
                if (division.doubles)
                    counts_of(row, length, line.data);
                else
                    counts_of(row, length, floats);
                finite &= division.divide(totals.at<char>(outer, deep, down), {1, 0, 0, length, 0},
                                          line.data, false, rounding, out.at<char>(outer, deep, down));
            }
    return finite;
}

/* Weighted windows ------------------------------------------------------------------------------ */

/* A tap of windows: how many bytes on it is, and its weight. */
struct WeightedTap {
    ptrdiff_t at;
    double weight;
};

template <int N, class X>
INLINE void add_taps(const char *x, const WeightedTap *taps, ptrdiff_t length, bool begins,
                     double *out)
{
    const X *a = numbers<X>(x + taps[0].at), *b = numbers<X>(x + taps[N > 1].at),
            *c = numbers<X>(x + taps[N > 2 ? 2 : 0].at), *d = numbers<X>(x + taps[N > 3 ? 3 : 0].at);
    const double wa = taps[0].weight, wb = taps[N > 1].weight, wc = taps[N > 2 ? 2 : 0].weight,
                 wd = taps[N > 3 ? 3 : 0].weight;
    auto add = [=](double sum, ptrdiff_t i) {
        sum += wa * a[i];
        if constexpr (N > 1)
            sum += wb * b[i];
        if constexpr (N > 2)
            sum += wc * c[i];
        if constexpr (N > 3)
            sum += wd * d[i];
        return sum;
    };
    if (begins) {
        ALONG(i, length) out[i] = add(0, i);
    } else {
        ALONG(i, length) out[i] = add(out[i], i);
    }
}

/* The sum of lines, each times its weight: one after another, from zero on. */
template <class X>
HOT void sum_taps(const char *x, const WeightedTap *taps, ptrdiff_t count, ptrdiff_t length,
                  double *out)
{
    const ptrdiff_t some = count % 4;
    switch (some) {
    case 0:
        if (!count)
            std::fill_n(out, length, 0.0);
        break;
    case 1: add_taps<1, X>(x, taps, length, true, out); break;
    case 2: add_taps<2, X>(x, taps, length, true, out); break;
    case 3: add_taps<3, X>(x, taps, length, true, out); break;
    }
    for (ptrdiff_t tap = some; tap < count; tap += 4)
        add_taps<4, X>(x, taps + tap, length, tap == 0, out);
}

/* `weights` are those of all taps of a window of each size: the windows are one run for each axis. */
template <class X> void correlate(const Windows &w, const std::vector<double> &weights)
{
    constexpr ptrdiff_t NUMBERS = 512;
    const Run &deep = w.runs[0][0], &down = w.runs[1][0], &across = w.runs[2][0];
    const ptrdiff_t channels = w.channels(), pixel = channels * static_cast<ptrdiff_t>(sizeof(X)),
                    length = ((across.number - 1) * across.stride + 1) * channels;
    std::vector<WeightedTap> taps;
    size_t at = 0;
    EACH(d, deep.size)
        EACH(h, down.size)
            EACH(i, across.size) {
                const double weight = weights[at++];
                if (weight != 0) /* no tap without a weight is read: NaN does not spread from it */
                    taps.push_back({d * deep.step * w.x.step[1] + h * down.step * w.x.step[2]
                                        + i * across.step * pixel,
                                    weight});
            }
    Scratch<double> line;
    line.open(length);
    const ptrdiff_t count = static_cast<ptrdiff_t>(taps.size());
    EACH(outer, w.x.shape[0])
        EACH(i, deep.number)
            EACH(j, down.number) {
                const char *x = w.x.at<char>(outer, deep.start + i * deep.stride,
                                             down.start + j * down.stride)
                                + across.start * pixel;
                double *out = w.outs[0].at<double>(outer, deep.cell + i * deep.every,
                                                   down.cell + j * down.every, across.cell);
                double *to = across.stride == 1 && across.every == 1 ? out : line.data;
                for (ptrdiff_t from = 0; from < length; from += NUMBERS)
                    sum_taps<X>(x + from * static_cast<ptrdiff_t>(sizeof(X)), taps.data(), count,
                                std::min(length - from, NUMBERS), to + from);
                if (to != out)
                    pick(to, across.stride * channels, channels, across.number, out,
                         across.every * channels);
            }
}

bool correlate(PyObject *args)
{
    PyObject *x, *out, *tables, *kernel;
    if (!PyArg_ParseTuple(args, "OOOO", &x, &out, &tables, &kernel))
        throw Failed();
    Windows windows;
    windows.open(x, out, tables, true);
    check(windows.outs[0].type == 'd' && windows.count == 1, "weighted sums are of float64");
    check(std::all_of(windows.runs, windows.runs + 3, [](const Runs &each) { return each.size() == 1; }),
          "windows must be one run for each axis");
    struct View : Py_buffer {
        ~View() { PyBuffer_Release(this); }
    } view{};
    if (PyObject_GetBuffer(kernel, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        throw Failed();
    check(type_of(view.format) == 'd' && view.len == ptrdiff_t(sizeof(double)) * windows.largest(),
          "there must be a weight in float64 for each tap");
    const double *first = static_cast<const double *>(view.buf);
    const std::vector<double> weights(first, first + view.len / ptrdiff_t(sizeof(double)));
    if (windows.is_empty())
        return true;
    with_type(windows.x.type, [&](auto zero) {
        Unlocked unlocked;
        correlate<decltype(zero)>(windows, weights);
    });
    return true;
}

} /* namespace */
